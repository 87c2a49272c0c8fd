import type { Run } from "@esteira/core/entities/run";
import { Switch, useComputedColorScheme } from "@mantine/core";
import { type UseQueryResult, useQueries } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { runQuery } from "../api/queries.ts";
import { ChartViews } from "../charts/chart-views.tsx";
import { colorOf } from "../charts/palette.ts";
import { useFormat, useText } from "../i18n/use-text.tsx";
import { durationOf, runNameOf, userOf, valuesOf } from "../runs/run-values.ts";
import { StatusBadge } from "../runs/status-badge.tsx";
import { Heading, Page, Section } from "../shell/page.tsx";
import { Empty, Failure, Loading } from "../shell/states.tsx";
import { visibleTags } from "../shell/tag-list.tsx";
import { useTitle } from "../shell/use-title.ts";
import { CompareTable } from "./compare-table.tsx";
import { comparedLines } from "./differences.ts";
import { RunChips } from "./run-chips.tsx";

const route = getRouteApi("/compare-runs");
const NONE: readonly string[] = [];

export function ComparePage() {
  const text = useText();
  const { runs: ids = NONE } = route.useSearch();
  const { runs, faults, pending, refetch } = useQueries({ queries: ids.map(runQuery), combine });
  useTitle(text.compare.title(ids.length));
  if (ids.length < 2) {
    return (
      <Page>
        <Empty>
          <p>{text.compare.tooFew}</p>
          <Link to="/experiments">{text.shell.toExperiments}</Link>
        </Empty>
      </Page>
    );
  }
  if (pending) {
    return (
      <Page>
        <Loading lines={10} />
      </Page>
    );
  }
  if (runs.length === 0) {
    return (
      <Page>
        <Failure error={faults[0]} retry={refetch} />
      </Page>
    );
  }
  return (
    <Page>
      <Comparison runs={runs} missing={faults.length} />
    </Page>
  );
}

/** One object for all the queries, the same as long as none of them changes. */
const combine = (queries: readonly UseQueryResult<Run>[]) => ({
  runs: queries.flatMap(({ data }) => (data === undefined ? [] : [data])),
  faults: queries.flatMap(({ error }) => (error === null ? [] : [error])),
  pending: queries.some(({ isPending }) => isPending),
  refetch: () => void Promise.all(queries.map((query) => query.refetch())),
});

function Comparison({ runs, missing }: { runs: readonly Run[]; missing: number }) {
  const text = useText();
  const format = useFormat();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const dark = useComputedColorScheme("light") === "dark";
  const change = (next: Partial<typeof search>) =>
    void navigate({ search: (now) => ({ ...now, ...next }), replace: true });
  const heads = runs.map((run, at) => ({
    id: run.info.runId,
    experimentId: run.info.experimentId,
    name: runNameOf(run),
    color: colorOf(at, dark),
  }));
  const onlyDifferences = search.differences === true;
  const lines = {
    metrics: comparedLines(
      runs.map((run) => new Map([...valuesOf(run).metrics].map(([name, { value }]) => [name, value]))),
    ),
    params: comparedLines(runs.map((run) => valuesOf(run).params)),
    tags: comparedLines(runs.map((run) => new Map(visibleTags(run.data.tags).map((tag) => [tag.key, tag.value])))),
    datasets: comparedLines(
      runs.map((run) => new Map(run.inputs.datasets.map(({ dataset }) => [dataset.name, dataset.digest]))),
    ),
  };
  const plain = (value: string) => value;
  return (
    <>
      <Heading
        title={text.compare.title(runs.length)}
        crumbs={
          <Link to="/experiments/$experimentId" params={{ experimentId: runs[0]!.info.experimentId }} search={{}}>
            {text.compare.backToRuns}
          </Link>
        }
      >
        <Switch
          label={text.compare.onlyDifferences}
          checked={onlyDifferences}
          onChange={(event) => change({ differences: event.currentTarget.checked || undefined })}
        />
      </Heading>
      {missing > 0 ? <p role="alert">{text.compare.missing(missing)}</p> : null}
      <RunChips
        heads={heads}
        onRemove={(id) => change({ runs: heads.map((head) => head.id).filter((other) => other !== id) })}
      />
      <Section title={text.run.details}>
        <CompareTable
          heads={heads}
          lines={[
            line(
              text.runs.status,
              runs.map((run) => <StatusBadge key={run.info.runId} status={run.info.status} />),
            ),
            line(
              text.runs.startTime,
              runs.map((run) => format.dateTime(run.info.startTime)),
            ),
            line(
              text.runs.duration,
              runs.map((run) => {
                const duration = durationOf(run.info, Date.now());
                return duration === undefined ? "–" : format.duration(duration);
              }),
            ),
            line(text.runs.user, runs.map(userOf)),
          ]}
          show={(value) => value}
          onlyDifferences={false}
        />
      </Section>
      <Section title={text.run.metrics}>
        <CompareTable
          heads={heads}
          lines={lines.metrics}
          show={format.metric}
          onlyDifferences={onlyDifferences}
          numeric
        />
      </Section>
      <Section title={text.run.params}>
        <CompareTable heads={heads} lines={lines.params} show={plain} onlyDifferences={onlyDifferences} />
      </Section>
      <Section title={text.run.charts}>
        <ChartViews runs={runs} search={search} onChange={change} legend={false} />
      </Section>
      {lines.datasets.length > 0 ? (
        <Section title={text.run.datasets}>
          <CompareTable heads={heads} lines={lines.datasets} show={plain} onlyDifferences={onlyDifferences} />
        </Section>
      ) : null}
      <Section title={text.common.tags}>
        <CompareTable heads={heads} lines={lines.tags} show={plain} onlyDifferences={onlyDifferences} />
      </Section>
    </>
  );
}

const line = (key: string, values: readonly ReactNode[]) => ({ key, values, differs: false });
