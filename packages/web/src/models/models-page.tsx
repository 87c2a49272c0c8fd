import type { RegisteredModel } from "@esteira/core/entities/registered-model";
import { Button } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useState } from "react";
import { baseUrl } from "../api/client.ts";
import { registeredModelsQuery } from "../api/model-queries.ts";
import { ServedShort } from "../deployments/where-served.tsx";
import { useText } from "../i18n/use-text.tsx";
import { firstModelCode } from "../run/snippets.ts";
import { CodeBlock } from "../shell/code-block.tsx";
import { Moment } from "../shell/moment.tsx";
import { Dim, Heading, Page } from "../shell/page.tsx";
import { SearchInput } from "../shell/search-input.tsx";
import { SmallTable } from "../shell/small-table.tsx";
import { Answer, Empty } from "../shell/states.tsx";
import { useTitle } from "../shell/use-title.ts";
import { Aliases, Gate, StageBadge } from "./badges.tsx";
import classes from "./models.module.css";
import { nameFilter, newestOf, stagesOf } from "./versions.ts";

const route = getRouteApi("/models");

export function ModelsPage() {
  const text = useText();
  const { q } = route.useSearch();
  const navigate = route.useNavigate();
  const [draft, setDraft] = useState(q ?? "");
  const query = useInfiniteQuery(registeredModelsQuery(nameFilter(q ?? "")));
  useTitle(text.models.title);
  return (
    <Page>
      <Heading title={text.models.title}>
        <SearchInput
          label={text.models.searchLabel}
          value={draft}
          onChange={(next) => {
            setDraft(next);
            void navigate({ search: { q: next || undefined }, replace: true });
          }}
        />
      </Heading>
      <Answer query={query}>
        {({ pages }) => <ModelList models={pages.flatMap((page) => page.items)} searching={q !== undefined} />}
      </Answer>
      {query.hasNextPage ? (
        <Button mt="sm" variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
          {text.common.loadMore}
        </Button>
      ) : null}
    </Page>
  );
}

function ModelList({ models, searching }: { models: readonly RegisteredModel[]; searching: boolean }) {
  const text = useText();
  if (models.length === 0 && searching) return <Empty>{text.models.noMatch}</Empty>;
  if (models.length === 0) {
    return (
      <Empty>
        <p>{text.models.empty}</p>
        <CodeBlock code={firstModelCode(`${location.origin}${baseUrl}`)} />
      </Empty>
    );
  }
  return (
    <SmallTable
      head={[
        { title: text.common.name, kind: "nowrap" },
        { title: text.models.latest, kind: "nowrap" },
        { title: text.models.gate, kind: "nowrap" },
        { title: text.models.aliases },
        { title: text.models.stages },
        { title: text.deployments.whereServed },
        { title: text.models.updated, kind: "nowrap" },
      ]}
      rows={models.map((model) => {
        const newest = newestOf(model.latestVersions);
        return {
          key: model.name,
          cells: [
            <Link key="name" to="/models/$name" params={{ name: model.name }}>
              {model.name}
            </Link>,
            newest ? (
              <Link
                key="latest"
                to="/models/$name/versions/$version"
                params={{ name: model.name, version: newest.version }}
              >
                {text.models.versionName(newest.version)}
              </Link>
            ) : (
              <Dim key="latest">–</Dim>
            ),
            newest ? <Gate key="gate" tags={newest.tags} runId={newest.runId} /> : <Dim key="gate">–</Dim>,
            <Aliases key="aliases" aliases={model.aliases.map(({ alias, version }) => `${alias} → ${version}`)} />,
            <span key="stages" className={classes.badges}>
              {stagesOf(model.latestVersions).map((stage) => (
                <StageBadge key={stage} stage={stage} />
              ))}
            </span>,
            <ServedShort key="served" name={model.name} />,
            <Moment key="updated" ms={model.lastUpdatedTimestamp} />,
          ],
        };
      })}
    />
  );
}
