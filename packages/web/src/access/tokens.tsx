import type { Token } from "@esteira/core/entities/access";
import { Badge } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { access } from "../api/client.ts";
import type { Catalogue } from "../i18n/en.ts";
import { useFormat, useText } from "../i18n/use-text.tsx";
import { Moment } from "../shell/moment.tsx";
import { Dim } from "../shell/page.tsx";
import { Answer } from "../shell/states.tsx";
import classes from "./access.module.css";
import { NewToken } from "./new-token.tsx";
import { tokensQuery } from "./session.ts";
import { Sure } from "./sure.tsx";
import { stateOf } from "./token-state.ts";

/** The service tokens of who is signed in: made, shown once, listed, revoked. */
export function Tokens() {
  const text = useText();
  const query = useQuery(tokensQuery);
  return (
    <>
      <p className={classes.intro}>
        <Dim>{text.access.tokensHint}</Dim>
      </p>
      <NewToken />
      <Answer query={query}>
        {(tokens) =>
          tokens.length === 0 ? (
            <Dim>{text.access.noTokens}</Dim>
          ) : (
            <TokenList tokens={tokens} listKey={tokensQuery.queryKey} />
          )
        }
      </Answer>
    </>
  );
}

interface Listed {
  /** Of the query that the list is from. */
  readonly listKey: readonly unknown[];
}

/** Newest first. */
export function TokenList({ tokens, listKey }: Listed & { tokens: readonly Token[] }) {
  const newestFirst = [...tokens].sort((a, b) => b.createdAt - a.createdAt);
  return (
    <ul className={classes.tokens}>
      {newestFirst.map((token) => (
        <TokenRow key={token.id} token={token} listKey={listKey} />
      ))}
    </ul>
  );
}

function TokenRow({ token, listKey }: Listed & { token: Token }) {
  const text = useText();
  const format = useFormat();
  const state = stateOf(token, Date.now());
  const facts = [
    token.scopes.map((scope) => text.access.scopes[scope]).join(", "),
    token.resources.length === 0 ? text.access.onEverything : text.access.onlyOn(bound(token, text)),
    text.access.ends(format.dateTime(token.expiresAt)),
  ];
  return (
    <li className={classes.tokenRow}>
      <div className={classes.tokenText}>
        <div className={classes.tokenName}>
          <span>{token.name}</span>
          <Badge color={state === "active" ? "petrol" : "gray"}>{text.access.states[state]}</Badge>
        </div>
        <Dim>
          {facts.join(" · ")} · {token.lastUsedAt === undefined ? text.access.neverUsed : text.access.lastUsed}{" "}
          {token.lastUsedAt === undefined ? null : <Moment ms={token.lastUsedAt} />}
        </Dim>
      </div>
      {state === "active" ? <Revoke token={token} listKey={listKey} /> : null}
    </li>
  );
}

const bound = (token: Token, text: Catalogue): string =>
  token.resources.map(({ type, id }) => (type === "experiment" ? text.access.experimentNumber(id) : id)).join(", ");

/** What uses the token stops at once. */
function Revoke({ token, listKey }: Listed & { token: Token }) {
  const text = useText();
  const queries = useQueryClient();
  return (
    <Sure
      label={text.access.revoke}
      named={text.access.revokeNamed(token.name)}
      sure={text.access.reallyRevoke}
      act={async () => {
        await access.revokeToken(token.id);
        await queries.invalidateQueries({ queryKey: listKey });
      }}
    />
  );
}
