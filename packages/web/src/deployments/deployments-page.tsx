import type { Deployment } from "@esteira/core/entities/deployment";
import { Switch } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import { useText } from "../i18n/use-text.tsx";
import { CodeBlock } from "../shell/code-block.tsx";
import { Heading, Page } from "../shell/page.tsx";
import { SearchInput } from "../shell/search-input.tsx";
import { Answer, Empty } from "../shell/states.tsx";
import { useTitle } from "../shell/use-title.ts";
import { DeploymentList } from "./deployment-list.tsx";
import { deploymentsQuery, useLiveDeployments } from "./deployment-queries.ts";
import { matching } from "./served.ts";

const route = getRouteApi("/deployments");

/** All that serves versions, as those who deploy have told it. */
export function DeploymentsPage() {
  const text = useText();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const [draft, setDraft] = useState(search.q ?? "");
  const query = useQuery(deploymentsQuery);
  useLiveDeployments();
  useTitle(text.deployments.title);
  return (
    <Page>
      <Heading title={text.deployments.title}>
        <SearchInput
          label={text.deployments.searchLabel}
          value={draft}
          onChange={(next) => {
            setDraft(next);
            void navigate({ search: (now) => ({ ...now, q: next || undefined }), replace: true });
          }}
        />
        <Switch
          label={text.deployments.showEnded}
          checked={search.ended === true}
          onChange={(event) => {
            const ended = event.currentTarget.checked ? true : undefined;
            void navigate({ search: (now) => ({ ...now, ended }), replace: true });
          }}
        />
      </Heading>
      <Answer query={query}>
        {(all) => (all.length === 0 ? <NothingYet /> : <Found deployments={matching(all, search)} />)}
      </Answer>
    </Page>
  );
}

function NothingYet() {
  const text = useText();
  return (
    <Empty>
      <p>{text.deployments.empty}</p>
      <CodeBlock code={"npx esteira deploy local models:/NAME@champion --name scoring"} />
    </Empty>
  );
}

function Found({ deployments }: { deployments: readonly Deployment[] }) {
  const text = useText();
  if (deployments.length === 0) return <Empty>{text.deployments.noMatch}</Empty>;
  return <DeploymentList deployments={deployments} />;
}
