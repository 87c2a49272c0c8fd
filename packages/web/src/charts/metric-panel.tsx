import type { RunId } from "@esteira/core/ids";
import { Button, Skeleton, useComputedColorScheme } from "@mantine/core";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useText } from "../i18n/use-text.tsx";
import { Failure } from "../shell/states.tsx";
import { parseAxis } from "./axis.ts";
import type { ChartedRun } from "./charted-run.ts";
import classes from "./charts.module.css";
import { LineChart } from "./line-chart.tsx";
import { LineTable } from "./line-table.tsx";
import { lineView } from "./line-view.ts";
import { PanelTools } from "./panel-tools.tsx";
import { Readout } from "./readout.tsx";
import { saveLines } from "./save-lines.ts";
import type { Range } from "./scale.ts";
import type { ChartSearch } from "./search.ts";
import { useInView } from "./seen.ts";
import { undrawn } from "./series.ts";
import { useAxisFormat } from "./use-axis-format.ts";
import { useLines } from "./use-lines.ts";

interface MetricPanelProps {
  readonly metric: string;
  readonly runs: readonly ChartedRun[];
  readonly search: ChartSearch;
  readonly groupOf?: ((runId: RunId) => string) | undefined;
  /** Charts of one key move their crosshairs together. */
  readonly sync: string;
  onChange(change: Partial<ChartSearch>): void;
  /** Whether it has the screen for itself. */
  readonly isFull?: boolean;
}

const HEIGHT = 200;
const PLACES = { step: "whole", relative: "span", time: "clock", metric: "number" } as const;

/** One metric's curves in one or more runs. Asks for its points while it is in view. */
export function MetricPanel({ metric, runs, search, groupOf, sync, onChange, isFull = false }: MetricPanelProps) {
  const text = useText();
  const dark = useComputedColorScheme("light") === "dark";
  const [frame, inView] = useInView();
  const [showsTable, setShowsTable] = useState(isFull);
  const [place, setPlace] = useState<{ x: number; left: number; isHere: boolean }>();
  const axis = useMemo(() => parseAxis(search.x), [search.x]);
  const range = useMemo<Range | undefined>(
    () =>
      search.from !== undefined && search.to !== undefined && search.from < search.to
        ? [search.from, search.to]
        : undefined,
    [search.from, search.to],
  );
  const answer = useLines({
    metric,
    runs,
    axis,
    smoothing: search.smoothing ?? 0,
    range,
    logX: search.logX === true,
    groupOf,
    band: search.band ?? "range",
    dark,
    enabled: inView || isFull,
  });
  const { lines, faint } = answer;
  const log = useMemo(() => ({ x: search.logX === true, y: search.log === true }), [search.logX, search.log]);
  const view = useMemo(
    () => lines && lineView(lines, faint, log, range, search.clip === true),
    [lines, faint, log, range, search.clip],
  );
  const format = useAxisFormat(axis, view?.x);
  const latest = useRef(onChange);
  useEffect(() => {
    latest.current = onChange;
  });
  const onRange = useCallback((next: Range | undefined) => latest.current({ from: next?.[0], to: next?.[1] }), []);

  const height = isFull ? Math.max(240, Math.round(window.innerHeight * 0.55)) : HEIGHT;
  const undrawnText = lines ? notes() : "";
  return (
    <figure className={`${classes.panel} ${isFull ? classes.fullPanel : ""}`} ref={frame}>
      <figcaption className={classes.caption}>
        <strong title={metric} dir="auto">
          {metric}
        </strong>
        <span className={classes.place}>{place === undefined ? "" : `${format.name} ${format.place(place.x)}`}</span>
        {range === undefined ? null : (
          <Button size="compact-xs" variant="subtle" onClick={() => onRange(undefined)}>
            {text.charts.wholeRange}
          </Button>
        )}
        <PanelTools
          name={metric}
          isFull={isFull}
          canZoom={isFull && view !== undefined}
          range={view?.x}
          log={log.x}
          onRange={onRange}
          showsTable={showsTable}
          onTable={() => setShowsTable(!showsTable)}
          onFull={() => onChange({ full: isFull ? undefined : metric })}
          {...(lines && view ? { onSave: (kind) => saveLines(kind, { metric, lines, view, log, dark, format }) } : {})}
        />
      </figcaption>
      {lines === undefined && answer.error ? (
        <Failure error={answer.error} retry={answer.refetch} />
      ) : lines === undefined ? (
        <Skeleton height={height} />
      ) : view === undefined ? (
        <p className={classes.nothing} style={{ height }}>
          {text.charts.noPoints}
        </p>
      ) : (
        <div className={classes.plot}>
          <LineChart
            lines={lines}
            faint={faint}
            x={view.x}
            y={view.y}
            log={log}
            places={PLACES[axis.kind]}
            height={height}
            group={sync}
            formatX={format.tick}
            formatY={format.value}
            onPlace={setPlace}
            onRange={onRange}
            summary={text.charts.summary(metric, lines.length, answer.total)}
            reading={place === undefined ? text.charts.keys : format.reading(place.x, lines)}
          />
          {place?.isHere ? <Readout lines={lines} place={place} format={format} /> : null}
        </div>
      )}
      {answer.error && lines !== undefined ? (
        <p className={classes.warning} role="status">
          {text.charts.stale}{" "}
          <Button size="compact-xs" variant="subtle" onClick={answer.refetch}>
            {text.common.tryAgain}
          </Button>
        </p>
      ) : null}
      {undrawnText === "" ? null : <p className={classes.notes}>{undrawnText}</p>}
      {showsTable && lines !== undefined ? <LineTable name={metric} lines={lines} format={format} /> : null}
    </figure>
  );

  function notes(): string {
    const said: string[] = [];
    const { notPositive } = undrawn(lines ?? [], log);
    if (answer.nan > 0 || answer.infinite > 0) said.push(text.charts.notNumbers(answer.nan, answer.infinite));
    if (notPositive > 0) said.push(text.charts.notPositive(notPositive));
    if (view !== undefined && view.outside > 0) said.push(text.charts.outside(view.outside));
    if (answer.total > answer.sent && answer.sent > 0) said.push(text.charts.thinned(answer.sent, answer.total));
    return said.join(" ");
  }
}
