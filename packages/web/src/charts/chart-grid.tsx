import type { Run } from "@esteira/core/entities/run";
import type { RunId } from "@esteira/core/ids";
import { Button, useComputedColorScheme } from "@mantine/core";
import { useDeferredValue, useId, useMemo, useState } from "react";
import { RUNS_PER_CHART } from "../api/run-queries.ts";
import { useText } from "../i18n/use-text.tsx";
import { SearchInput } from "../shell/search-input.tsx";
import { Empty } from "../shell/states.tsx";
import { type ChartedRun, groupings as groupingsOf, groupOf } from "./charted-run.ts";
import classes from "./charts.module.css";
import { FullScreen } from "./full-screen.tsx";
import { Legend } from "./legend.tsx";
import { LineControls } from "./line-controls.tsx";
import { MetricPanel } from "./metric-panel.tsx";
import { colorOf, dashOf } from "./palette.ts";
import type { ChartSearch } from "./search.ts";

/** Panels that are drawn at first, and at each press of the button. */
const SHOWN = 24;
const FEW = 6;
const NO_RUNS: readonly Run[] = [];

interface ChartGridProps {
  readonly metrics: readonly string[];
  readonly runs: readonly ChartedRun[];
  /** The same runs, where they can be grouped by what they are. */
  readonly grouped?: readonly Run[];
  readonly search: ChartSearch;
  onChange(change: Partial<ChartSearch>): void;
  readonly empty: string;
  /** Whether the runs' colours are told here; not where the page tells them already. */
  readonly legend?: boolean;
}

/** A chart a metric, all along one axis, with one scale and one smoothing. */
export function ChartGrid(props: ChartGridProps) {
  const { metrics, runs, grouped = NO_RUNS, search, onChange, empty, legend = false } = props;
  const text = useText();
  const dark = useComputedColorScheme("light") === "dark";
  const sync = useId();
  const [shown, setShown] = useState(SHOWN);
  const wanted = useDeferredValue(search.find ?? "").toLowerCase();
  const found = useMemo(() => metrics.filter((metric) => metric.toLowerCase().includes(wanted)), [metrics, wanted]);
  const groupings = useMemo(() => groupingsOf(grouped), [grouped]);
  const grouping = grouped.length > 1 ? search.group : undefined;
  const groupName = useMemo(() => {
    if (grouping === undefined) return undefined;
    const names = new Map(grouped.map((run) => [run.info.runId, groupOf(run, grouping) ?? text.charts.withoutGroup]));
    return (id: RunId) => names.get(id) ?? text.charts.withoutGroup;
  }, [grouped, grouping, text]);
  if (metrics.length === 0) return <Empty>{empty}</Empty>;
  const panel = (metric: string, isFull: boolean) => (
    <MetricPanel
      key={metric}
      metric={metric}
      runs={runs}
      search={search}
      groupOf={groupName}
      sync={sync}
      onChange={onChange}
      isFull={isFull}
    />
  );
  return (
    <div>
      <div className={classes.controls}>
        {metrics.length > FEW ? (
          <SearchInput
            label={text.charts.searchLabel}
            value={search.find ?? ""}
            onChange={(find) => onChange({ find: find || undefined })}
          />
        ) : null}
        <LineControls
          metrics={metrics}
          groupings={grouped.length > 1 ? groupings : []}
          search={search}
          onChange={onChange}
        />
        <span className={classes.hint}>{text.charts.zoomHint}</span>
      </div>
      {legend && groupName === undefined ? (
        <Legend
          items={runs.map(({ runId, name }, at) => ({ id: runId, name, color: colorOf(at, dark), dash: dashOf(at) }))}
        />
      ) : null}
      {runs.length > RUNS_PER_CHART ? (
        <p className={classes.notes}>{text.charts.runsDrawn(RUNS_PER_CHART, runs.length)}</p>
      ) : null}
      {found.length === 0 ? <Empty>{text.run.noMatch}</Empty> : null}
      <div className={classes.grid}>{found.slice(0, shown).map((metric) => panel(metric, false))}</div>
      {found.length > shown ? (
        <Button className={classes.more ?? ""} variant="default" onClick={() => setShown(shown + SHOWN)}>
          {text.charts.showMore(Math.min(SHOWN, found.length - shown))}
        </Button>
      ) : null}
      {search.full !== undefined && metrics.includes(search.full) ? (
        <FullScreen label={search.full} onClose={() => onChange({ full: undefined })}>
          {panel(search.full, true)}
        </FullScreen>
      ) : null}
    </div>
  );
}
