import { useQuery } from "@tanstack/react-query";
import { useText } from "../i18n/use-text.tsx";
import { Dim, Facts, Heading, Page, Section } from "../shell/page.tsx";
import { Answer, Empty } from "../shell/states.tsx";
import { useTitle } from "../shell/use-title.ts";
import { ChangePassword } from "./change-password.tsx";
import { type AccessInfo, accessQuery } from "./session.ts";
import { Tokens } from "./tokens.tsx";

/** What a user may see and change of their own. */
export function AccountPage() {
  const text = useText();
  const query = useQuery(accessQuery);
  useTitle(text.access.account);
  return (
    <Page>
      <Heading title={text.access.account} />
      <Answer query={query}>{(info) => <Account info={info} />}</Answer>
    </Page>
  );
}

function Account({ info }: { info: AccessInfo }) {
  const text = useText();
  const { user } = info;
  if (user === undefined) return <Empty>{text.access.off}</Empty>;
  return (
    <>
      <Facts
        facts={[
          [text.access.username, user.username],
          [text.access.role, user.isAdmin ? text.access.admin : text.access.user],
          [text.access.signsIn, info.hasPassword ? text.access.byPassword : (info.provider ?? "")],
        ]}
      />
      <Section title={text.access.tokens}>
        <Tokens />
      </Section>
      <Section title={text.access.changePassword}>
        {info.hasPassword ? (
          <ChangePassword username={user.username} />
        ) : (
          <Dim>{text.access.noPassword(info.provider ?? "")}</Dim>
        )}
      </Section>
    </>
  );
}
