import type { Experiment } from "@esteira/core/entities/experiment";
import { tagValue } from "@esteira/core/entities/tag";
import { Badge, Switch } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { baseUrl } from "../api/client.ts";
import { experimentsQuery } from "../api/experiment-queries.ts";
import { useText } from "../i18n/use-text.tsx";
import { firstRunCode } from "../run/snippets.ts";
import { CodeBlock } from "../shell/code-block.tsx";
import { Moment } from "../shell/moment.tsx";
import { Dim, Heading, Page } from "../shell/page.tsx";
import { SearchInput } from "../shell/search-input.tsx";
import { SmallTable } from "../shell/small-table.tsx";
import { Answer, Empty } from "../shell/states.tsx";
import { useTitle } from "../shell/use-title.ts";

const route = getRouteApi("/experiments");
/** Rows drawn at once; the search narrows a longer list. */
const SHOWN = 300;

export function ExperimentsPage() {
  const text = useText();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const query = useQuery(experimentsQuery(search.deleted ? "ALL" : "ACTIVE_ONLY"));
  useTitle(text.experiments.title);
  return (
    <Page>
      <Heading title={text.experiments.title}>
        <SearchInput
          label={text.experiments.searchLabel}
          value={search.q ?? ""}
          onChange={(q) => void navigate({ search: (now) => ({ ...now, q: q || undefined }), replace: true })}
        />
        <Switch
          label={text.experiments.showDeleted}
          checked={search.deleted === true}
          onChange={(event) => {
            const deleted = event.currentTarget.checked || undefined;
            void navigate({ search: (now) => ({ ...now, deleted }), replace: true });
          }}
        />
      </Heading>
      <Answer query={query}>
        {(experiments) => <ExperimentList experiments={experiments} wanted={search.q ?? ""} />}
      </Answer>
    </Page>
  );
}

function ExperimentList({ experiments, wanted }: { experiments: readonly Experiment[]; wanted: string }) {
  const text = useText();
  if (experiments.length === 0) {
    return (
      <Empty>
        <p>{text.experiments.empty}</p>
        <CodeBlock code={firstRunCode(`${location.origin}${baseUrl}`, "pix-fraud")} />
      </Empty>
    );
  }
  const found = experiments.filter(({ name }) => name.toLowerCase().includes(wanted.toLowerCase()));
  if (found.length === 0) return <Empty>{text.experiments.noMatch}</Empty>;
  return (
    <>
      <SmallTable
        head={[
          { title: text.common.name },
          { title: text.experiments.note },
          { title: text.experiments.updated, kind: "nowrap" },
          { title: text.experiments.created, kind: "nowrap" },
          { title: "ID", kind: "number" },
        ]}
        rows={found.slice(0, SHOWN).map((experiment) => ({
          key: experiment.experimentId,
          cells: [
            <span key="name">
              <Link to="/experiments/$experimentId" params={{ experimentId: experiment.experimentId }}>
                {experiment.name}
              </Link>{" "}
              {experiment.lifecycleStage === "deleted" ? <Badge color="gray">{text.experiments.deleted}</Badge> : null}
            </span>,
            <Dim key="note">{firstLine(tagValue(experiment.tags, "mlflow.note.content") ?? "")}</Dim>,
            <Moment key="updated" ms={experiment.lastUpdateTime} />,
            <Moment key="created" ms={experiment.creationTime} />,
            experiment.experimentId,
          ],
        }))}
      />
      <p>
        <Dim>
          {text.experiments.count(found.length)}
          {found.length > SHOWN ? ` · ${text.common.moreNotShown(found.length - SHOWN)}` : ""}
        </Dim>
      </p>
    </>
  );
}

const firstLine = (note: string) => note.split("\n", 1)[0]?.slice(0, 160) ?? "";
