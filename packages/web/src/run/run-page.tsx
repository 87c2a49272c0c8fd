import type { Run } from "@esteira/core/entities/run";
import { Alert, Tabs } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";
import { experimentQuery } from "../api/experiment-queries.ts";
import { runQuery } from "../api/run-queries.ts";
import { ChartGrid } from "../charts/chart-grid.tsx";
import { chartedRun } from "../charts/charted-run.ts";
import { useText } from "../i18n/use-text.tsx";
import { runNameOf } from "../runs/run-values.ts";
import { StatusBadge } from "../runs/status-badge.tsx";
import { Heading, Page } from "../shell/page.tsx";
import { Answer } from "../shell/states.tsx";
import { useTitle } from "../shell/use-title.ts";
import { ThresholdLink } from "../threshold/threshold-link.tsx";
import { ArtifactsTab } from "./artifacts-tab.tsx";
import { curvesOf } from "./curves.ts";
import { ModelTab } from "./model-tab.tsx";
import { Overview } from "./overview.tsx";
import { RunActions } from "./run-actions.tsx";
import type { RunSearch } from "./search.ts";
import { useLiveRun } from "./use-live-run.ts";

const route = getRouteApi("/experiments/$experimentId/runs/$runId");

export function RunPage() {
  const { runId } = route.useParams();
  const query = useQuery(runQuery(runId));
  return <Page>{<Answer query={query}>{(run) => <Loaded run={run} />}</Answer>}</Page>;
}

function Loaded({ run }: { run: Run }) {
  const text = useText();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const experimentId = run.info.experimentId;
  const experiment = useQuery(experimentQuery(experimentId));
  const change = useCallback(
    (next: Partial<RunSearch>, replace: boolean) => void navigate({ search: (now) => ({ ...now, ...next }), replace }),
    [navigate],
  );
  const curves = useMemo(() => curvesOf(run), [run]);
  const charted = useMemo(() => [chartedRun(run)], [run]);
  useTitle(runNameOf(run));
  useLiveRun(run.info.runId, run.info.status === "RUNNING");
  const tabs = [
    { id: "overview", title: text.run.overview },
    { id: "charts", title: text.run.charts },
    { id: "artifacts", title: text.run.artifacts },
    { id: "model", title: text.run.useModel },
  ] as const;
  const open = search.tab ?? "overview";
  return (
    <>
      <Heading
        crumbs={[
          <Link key="all" to="/experiments">
            {text.experiments.title}
          </Link>,
          <Link key="one" to="/experiments/$experimentId" params={{ experimentId }}>
            {experiment.data?.name ?? experimentId}
          </Link>,
        ]}
        title={runNameOf(run)}
      >
        <StatusBadge status={run.info.status} />
        <ThresholdLink run={run} />
        <RunActions run={run} />
      </Heading>
      {run.info.lifecycleStage === "deleted" ? (
        <Alert color="yellow" mb="sm" p="xs">
          {text.run.lifecycleDeleted}
        </Alert>
      ) : null}
      <Tabs
        value={open}
        keepMounted={false}
        onChange={(tab) => {
          const next = tabs.find(({ id }) => id === tab)?.id;
          change({ tab: next === "overview" ? undefined : next, path: undefined, model: undefined }, false);
        }}
      >
        <Tabs.List mb={16}>
          {tabs.map(({ id, title }) => (
            <Tabs.Tab key={id} value={id}>
              {title}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="overview">
          <Overview run={run} />
        </Tabs.Panel>
        <Tabs.Panel value="charts">
          <ChartGrid
            metrics={curves}
            runs={charted}
            search={search}
            onChange={(next) => change(next, true)}
            empty={text.charts.noSeries}
          />
        </Tabs.Panel>
        <Tabs.Panel value="artifacts">
          <ArtifactsTab run={run} search={search} onOpen={(next) => change(next, false)} />
        </Tabs.Panel>
        <Tabs.Panel value="model">
          <ModelTab run={run} />
        </Tabs.Panel>
      </Tabs>
    </>
  );
}
