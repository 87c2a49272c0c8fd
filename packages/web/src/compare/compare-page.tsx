import type { Run } from "@esteira/core/entities/run";
import { NativeSelect, Switch, useComputedColorScheme } from "@mantine/core";
import { type UseQueryResult, useQueries } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { type ReactNode, useMemo } from "react";
import { runQuery } from "../api/run-queries.ts";
import { ChartViews } from "../charts/chart-views.tsx";
import { colorOf } from "../charts/palette.ts";
import { useFormat, useText } from "../i18n/use-text.tsx";
import { durationOf, runNameOf, userOf, valuesOf } from "../runs/run-values.ts";
import { StatusBadge } from "../runs/status-badge.tsx";
import { Heading, Mono, Page, Section } from "../shell/page.tsx";
import { Empty, Failure, Loading } from "../shell/states.tsx";
import { visibleTags } from "../shell/tag-list.tsx";
import { useTitle } from "../shell/use-title.ts";
import { CodeSection } from "./code-section.tsx";
import classes from "./compare.module.css";
import { CompareTable } from "./compare-table.tsx";
import { DifferenceWalk } from "./difference-walk.tsx";
import { comparedLines } from "./differences.ts";
import { EnvironmentSection } from "./environment-section.tsx";
import { dataOf } from "./facts.ts";
import { FilesSection } from "./files-section.tsx";
import { LazySection } from "./lazy-section.tsx";
import { LongText } from "./long-text.tsx";
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
    deleted: run.info.lifecycleStage === "deleted",
  }));
  const onlyDifferences = search.differences === true;
  const found = heads.findIndex(({ id }) => id === search.baseline);
  const baseline = found === -1 ? undefined : found;
  const first = baseline ?? 0;
  const lines = useMemo(
    () => ({
      metrics: comparedLines(
        runs.map((run) => new Map([...valuesOf(run).metrics].map(([name, { value }]) => [name, value]))),
      ),
      params: comparedLines(runs.map((run) => valuesOf(run).params)),
      tags: comparedLines(runs.map((run) => new Map(visibleTags(run.data.tags).map((tag) => [tag.key, tag.value])))),
      datasets: comparedLines(runs.map(dataOf)),
    }),
    [runs],
  );
  const shared = { heads, onlyDifferences };
  return (
    <>
      <Heading
        title={text.compare.title(runs.length)}
        crumbs={
          <Link to="/experiments/$experimentId" params={{ experimentId: runs[0]!.info.experimentId }} search={{}}>
            {text.compare.backToRuns}
          </Link>
        }
      />
      {missing > 0 ? <p role="alert">{text.compare.missing(missing)}</p> : null}
      <RunChips
        heads={heads}
        onRemove={(id) => change({ runs: heads.map((head) => head.id).filter((other) => other !== id) })}
      />
      <div className={classes.bar}>
        <Switch
          label={text.compare.onlyDifferences}
          checked={onlyDifferences}
          onChange={(event) => change({ differences: event.currentTarget.checked || undefined })}
        />
        <NativeSelect
          size="xs"
          aria-label={text.compare.baseline}
          title={text.compare.baseline}
          value={search.baseline ?? ""}
          data={[
            { value: "", label: text.compare.noBaseline },
            ...heads.map(({ id, name }) => ({ value: id, label: text.compare.against(name) })),
          ]}
          onChange={(event) => change({ baseline: event.currentTarget.value || undefined })}
          maw={260}
        />
        <DifferenceWalk />
      </div>
      <Section title={text.run.details}>
        <CompareTable {...shared} lines={detailLines()} show={(value) => value} onlyDifferences={false} />
      </Section>
      <Section title={text.run.metrics}>
        <CompareTable {...shared} lines={lines.metrics} show={format.metric} numeric baseline={baseline} />
      </Section>
      <Section title={text.run.params}>
        <CompareTable {...shared} lines={lines.params} show={(value) => <LongText value={value} />} />
      </Section>
      <LazySection title={text.run.charts}>
        {() => <ChartViews runs={runs} search={search} onChange={change} legend={false} />}
      </LazySection>
      {lines.datasets.length > 0 ? (
        <Section title={text.run.datasets}>
          <CompareTable {...shared} lines={lines.datasets} show={(digest) => <Mono>{digest}</Mono>} />
        </Section>
      ) : null}
      <LazySection title={text.compare.codeTitle}>
        {() => (
          <CodeSection
            {...shared}
            runs={runs}
            from={search.before ?? heads[first]!.id}
            to={search.after ?? heads[first === 0 ? Math.min(1, heads.length - 1) : 0]!.id}
            onPair={({ from, to }) => change({ ...(from ? { before: from } : {}), ...(to ? { after: to } : {}) })}
          />
        )}
      </LazySection>
      <LazySection title={text.compare.environment}>{() => <EnvironmentSection {...shared} runs={runs} />}</LazySection>
      <LazySection title={text.run.artifacts}>
        {() => <FilesSection {...shared} runs={runs} file={search.file} onFile={(file) => change({ file })} />}
      </LazySection>
      <Section title={text.common.tags}>
        <CompareTable {...shared} lines={lines.tags} show={(value) => <LongText value={value} />} />
      </Section>
    </>
  );

  function detailLines() {
    return [
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
    ];
  }
}

const line = (key: string, values: readonly ReactNode[]) => ({ key, values, differs: false });
