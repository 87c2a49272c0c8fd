import type { Run } from "@esteira/core/entities/run";
import { Tabs } from "@mantine/core";
import { useMemo } from "react";
import { useText } from "../i18n/use-text.tsx";
import { curvesOf } from "../run/curves.ts";
import { ChartGrid } from "./chart-grid.tsx";
import { chartedRun } from "./charted-run.ts";
import { CurvesView } from "./curves-view.tsx";
import { DimensionViews } from "./dimension-views.tsx";
import { CHART_VIEWS, type ViewSearch } from "./search.ts";

interface ChartViewsProps {
  readonly runs: readonly Run[];
  readonly search: ViewSearch;
  onChange(change: Partial<ViewSearch>): void;
  /** Whether the runs' colours are told here; not where the page tells them already. */
  readonly legend: boolean;
}

/** Pictures of many runs: their curves, what they are made of beside what came out, and their models' curves. */
export function ChartViews({ runs, search, onChange, legend }: ChartViewsProps) {
  const text = useText();
  const charted = useMemo(() => runs.map(chartedRun), [runs]);
  const metrics = useMemo(() => [...new Set(runs.flatMap(curvesOf))].sort(), [runs]);
  const view = search.view ?? "lines";
  return (
    <Tabs
      value={view}
      keepMounted={false}
      onChange={(next) => {
        const known = CHART_VIEWS.find((one) => one === next);
        onChange({ view: known === "lines" ? undefined : known });
      }}
    >
      <Tabs.List mb={14} aria-label={text.charts.viewsLabel}>
        {CHART_VIEWS.map((id) => (
          <Tabs.Tab key={id} value={id}>
            {text.charts.views[id]}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      <Tabs.Panel value={view}>
        {view === "lines" ? (
          <ChartGrid
            metrics={metrics}
            runs={charted}
            grouped={runs}
            search={search}
            onChange={onChange}
            empty={text.charts.noSeriesCompare}
            legend={legend}
          />
        ) : view === "curves" ? (
          <CurvesView
            runs={runs}
            keepsColors={!legend}
            kind={search.curve ?? "pr"}
            onKind={(curve) => onChange({ curve: curve === "pr" ? undefined : curve })}
          />
        ) : (
          <DimensionViews view={view} runs={runs} search={search} onChange={onChange} />
        )}
      </Tabs.Panel>
    </Tabs>
  );
}
