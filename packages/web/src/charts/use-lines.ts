import type { SampledHistory } from "@esteira/core/entities/sampled-history";
import type { RunId } from "@esteira/core/ids";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { metricHistoryQuery, RUNS_PER_CHART } from "../api/run-queries.ts";
import { type History, places, stepsWithin, type XAxis } from "./axis.ts";
import type { ChartedRun } from "./charted-run.ts";
import { withDetail } from "./detail.ts";
import { type Band, groupCurve, grouped } from "./groups.ts";
import { colorOf, dashOf } from "./palette.ts";
import { moved, type Range } from "./scale.ts";
import { type Line, ordered } from "./series.ts";
import { smoothed } from "./smoothing.ts";

export interface LinesQuestion {
  readonly metric: string;
  readonly runs: readonly ChartedRun[];
  readonly axis: XAxis;
  readonly smoothing: number;
  /** The part of the axis that is shown; undefined for all of it. */
  readonly range: Range | undefined;
  readonly logX: boolean;
  /** Each run's group, when curves of one group are drawn as one. */
  readonly groupOf: ((runId: RunId) => string) | undefined;
  readonly band: Band;
  readonly dark: boolean;
  /** Whether it is to be asked for: it is in view. */
  readonly enabled: boolean;
}

export interface LinesAnswer {
  readonly lines: readonly Line[] | undefined;
  /** What the lines were before they were smoothed. */
  readonly faint: readonly Line[];
  /** Points as they were logged, exactly; and how many of them the server sent. */
  readonly total: number;
  readonly sent: number;
  /** Exact counts of what no chart can show. */
  readonly nan: number;
  readonly infinite: number;
  /** A failure; what was there before it stays. */
  readonly error: unknown;
  refetch(): void;
}

const NO_HISTORIES: readonly SampledHistory[] = [];
const NO_LINES: readonly Line[] = [];

/** The curves of one metric in some runs, as they are drawn. */
export function useLines(question: LinesQuestion): LinesAnswer {
  const { metric, axis, smoothing, range, logX, groupOf, band, dark, enabled } = question;
  const runs = useMemo(() => question.runs.slice(0, RUNS_PER_CHART), [question.runs]);
  const ids = useMemo(() => runs.map(({ runId }) => runId), [runs]);
  const live = runs.some((run) => run.live);
  const base = useQuery({ ...metricHistoryQuery(ids, metric, live), enabled });
  const isAlong = axis.kind === "metric";
  const along = useQuery({
    ...metricHistoryQuery(ids, isAlong ? axis.key : metric, live),
    enabled: enabled && isAlong,
  });
  const alongData = isAlong ? along.data : NO_HISTORIES;
  const coarse = useMemo(
    () => base.data && alongData && historiesOf(runs, base.data, base.data, alongData),
    [runs, base.data, alongData],
  );

  const isThinned = base.data?.some(({ totalCount, points }) => totalCount > points.length) === true;
  // A screen to each side comes too: who pans sees no gap.
  const steps = useMemo(
    () =>
      range && isThinned && coarse
        ? stepsWithin(coarse, axis, moved(range, 0, 3, 0.5, logX && range[0] > 0))
        : undefined,
    [range, isThinned, coarse, axis, logX],
  );
  const detail = useQuery({
    ...metricHistoryQuery(ids, metric, live, steps),
    enabled: enabled && steps !== undefined,
    placeholderData: keepPreviousData,
  });
  const fine = steps === undefined ? undefined : detail.data;
  const histories = useMemo(
    () =>
      fine && base.data && alongData ? historiesOf(runs, withDetail(base.data, fine), base.data, alongData) : coarse,
    [fine, base.data, alongData, coarse, runs],
  );

  const drawn = useMemo(() => {
    if (histories === undefined) return undefined;
    const raw = runs.map((run, at): Line => {
      const history = histories[at]!;
      const values = history.points.map(({ value }) => value);
      return {
        id: run.runId,
        label: run.name,
        color: colorOf(at, dark),
        ...dashed(at),
        ...ordered(places(history, axis), values),
      };
    });
    if (groupOf !== undefined) {
      const groups = grouped(raw, ({ id }) => groupOf(id as RunId));
      const lines = [...groups].map(([name, members], at): Line => {
        const curve = groupCurve(members, band);
        return {
          id: name,
          label: `${name} (${members.length})`,
          color: colorOf(at, dark),
          ...dashed(at),
          ...curve,
          y: smoothedLine(curve.y, smoothing),
        };
      });
      return { lines, faint: NO_LINES };
    }
    if (smoothing <= 0) return { lines: raw, faint: NO_LINES };
    return { lines: raw.map((line) => ({ ...line, y: smoothedLine(line.y, smoothing) })), faint: raw };
  }, [histories, runs, axis, smoothing, groupOf, band, dark]);

  const count = (of: (history: SampledHistory) => number) => (base.data ?? []).reduce((sum, h) => sum + of(h), 0);
  return {
    lines: drawn?.lines,
    faint: drawn?.faint ?? NO_LINES,
    total: count(({ totalCount }) => totalCount),
    sent: histories?.reduce((sum, { points }) => sum + points.length, 0) ?? 0,
    nan: count(({ nanCount }) => nanCount),
    infinite: count(({ infiniteCount }) => infiniteCount),
    error: base.error ?? (isAlong ? along.error : null) ?? (steps === undefined ? null : detail.error),
    refetch: () => void Promise.all([base.refetch(), isAlong ? along.refetch() : undefined]),
  };
}

const dashed = (index: number) => {
  const dash = dashOf(index);
  return dash === undefined ? {} : { dash };
};

/** Smoothing passes gaps over: they stay what they are. */
const smoothedLine = (y: readonly number[], weight: number): readonly number[] =>
  smoothed(
    y.map((value) => (Number.isFinite(value) ? value : null)),
    weight,
  ).map((value, at) => value ?? y[at]!);

function historiesOf(
  runs: readonly ChartedRun[],
  shown: readonly SampledHistory[],
  whole: readonly SampledHistory[],
  along: readonly SampledHistory[],
): readonly History[] {
  return runs.map(({ startTime }, at) => ({
    points: shown[at]?.points ?? [],
    startTime: startTime ?? Number(whole[at]?.points[0]?.timestamp ?? 0),
    ...(along[at] === undefined ? {} : { along: along[at].points }),
  }));
}
