import type { Token } from "@esteira/core/entities/access";
import { Badge, Button } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { access } from "../api/client.ts";
import type { Catalogue } from "../i18n/en.ts";
import { useFormat, useText } from "../i18n/use-text.tsx";
import { Moment } from "../shell/moment.tsx";
import { Dim } from "../shell/page.tsx";
import { Answer } from "../shell/states.tsx";
import classes from "./access.module.css";
import { NewToken } from "./new-token.tsx";
import { Refusal } from "./refusal.tsx";
import { tokensQuery } from "./session.ts";
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
        {(tokens) => (tokens.length === 0 ? <Dim>{text.access.noTokens}</Dim> : <TokenList tokens={tokens} />)}
      </Answer>
    </>
  );
}

/** Newest first. */
function TokenList({ tokens }: { tokens: readonly Token[] }) {
  const newestFirst = [...tokens].sort((a, b) => b.createdAt - a.createdAt);
  return (
    <ul className={classes.tokens}>
      {newestFirst.map((token) => (
        <TokenRow key={token.id} token={token} />
      ))}
    </ul>
  );
}

function TokenRow({ token }: { token: Token }) {
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
      {state === "active" ? <Revoke token={token} /> : null}
    </li>
  );
}

const bound = (token: Token, text: Catalogue): string =>
  token.resources.map(({ type, id }) => (type === "experiment" ? text.access.experimentNumber(id) : id)).join(", ");

/** Two clicks: what uses the token stops at once. */
function Revoke({ token }: { token: Token }) {
  const text = useText();
  const queries = useQueryClient();
  const [asks, setAsks] = useState(false);
  const revoke = useMutation({
    mutationFn: () => access.revokeToken(token.id),
    onSuccess: () => queries.invalidateQueries({ queryKey: tokensQuery.queryKey }),
  });
  if (!asks) {
    return (
      <Button variant="default" onClick={() => setAsks(true)} aria-label={text.access.revokeNamed(token.name)}>
        {text.access.revoke}
      </Button>
    );
  }
  return (
    <span className={classes.confirm}>
      <Button color="red" onClick={() => revoke.mutate()} loading={revoke.isPending}>
        {text.access.reallyRevoke}
      </Button>
      <Button variant="subtle" color="gray" onClick={() => setAsks(false)}>
        {text.common.cancel}
      </Button>
      <Refusal error={revoke.error} />
    </span>
  );
}
