import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { accessQuery } from "../access/session.ts";
import { TokenList } from "../access/tokens.tsx";
import { useText } from "../i18n/use-text.tsx";
import { Dim, Facts, Heading, Page, Section } from "../shell/page.tsx";
import { Answer, Empty } from "../shell/states.tsx";
import { useTitle } from "../shell/use-title.ts";
import { peopleQuery, tokensOfQuery } from "./people-queries.ts";
import { Permissions } from "./permissions.tsx";
import { PersonActions } from "./person-actions.tsx";
import { Roles } from "./roles.tsx";

const route = getRouteApi("/people/$username");

/** One user: what they may do, through what, and what an admin may change of it. */
export function PersonPage() {
  const text = useText();
  const { username } = route.useParams();
  const info = useQuery(accessQuery);
  useTitle(username);
  return (
    <Page>
      <Heading crumbs={<Link to="/people">{text.people.title}</Link>} title={username} />
      <Answer query={info}>
        {({ user }) =>
          user?.isAdmin === true ? (
            <Loaded username={username} isSelf={user.username === username} />
          ) : (
            <Empty>{text.people.forAdmins}</Empty>
          )
        }
      </Answer>
    </Page>
  );
}

function Loaded({ username, isSelf }: { username: string; isSelf: boolean }) {
  const text = useText();
  const query = useQuery(peopleQuery);
  return (
    <Answer query={query}>
      {(people) => {
        const person = people.find((one) => one.username === username);
        if (person === undefined) return <Empty>{text.people.unknown(username)}</Empty>;
        return (
          <>
            <Facts facts={[[text.access.role, person.isAdmin ? text.access.admin : text.access.user]]} />
            <PersonActions person={person} isSelf={isSelf} />
            <Section title={text.people.permissions}>
              {person.isAdmin ? <Dim>{text.people.adminMayAll}</Dim> : null}
              <Permissions username={username} />
            </Section>
            <Section title={text.people.roles}>
              <Roles person={person} />
            </Section>
            <Section title={text.access.tokens}>
              <PersonTokens username={username} />
            </Section>
          </>
        );
      }}
    </Answer>
  );
}

function PersonTokens({ username }: { username: string }) {
  const text = useText();
  const query = useQuery(tokensOfQuery(username));
  return (
    <Answer query={query}>
      {(tokens) =>
        tokens.length === 0 ? (
          <Dim>{text.people.noTokens}</Dim>
        ) : (
          <TokenList tokens={tokens} listKey={tokensOfQuery(username).queryKey} />
        )
      }
    </Answer>
  );
}
