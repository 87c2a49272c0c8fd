import "uplot/dist/uPlot.min.css";
import { useComputedColorScheme } from "@mantine/core";
import { type KeyboardEvent, memo, useEffect, useMemo, useRef } from "react";
import uPlot from "uplot";
import classes from "./charts.module.css";
import { bindMoves } from "./moves.ts";
import { AROUND } from "./palette.ts";
import { moved, type Range, ticks, timeTicks } from "./scale.ts";
import { aligned, type Line, type LogScales } from "./series.ts";

/** `span` is of seconds, `clock` of seconds since the epoch. */
export type PlaceKind = "whole" | "number" | "span" | "clock";

interface LineChartProps {
  readonly lines: readonly Line[];
  /** Drawn thin behind the lines: what they were before they were smoothed. */
  readonly faint: readonly Line[];
  readonly x: Range;
  readonly y: Range;
  readonly log: LogScales;
  /** What places are: whole numbers have no marks between them, seconds have theirs at minutes and hours. */
  readonly places: PlaceKind;
  /** Pixels. */
  readonly height: number;
  /** Charts of one key move their crosshairs together. */
  readonly group: string;
  formatX(value: number): string;
  formatY(value: number): string;
  /** The place under the crosshair; `isHere` when it is this chart that has the pointer or the focus. */
  onPlace(place: { readonly x: number; readonly left: number; readonly isHere: boolean } | undefined): void;
  /** The part of the axis that was chosen; undefined for all of it. */
  onRange(range: Range | undefined): void;
  readonly summary: string;
  /** What a screen reader says of the place under the crosshair. */
  readonly reading: string;
}

const FONT = "11px system-ui, sans-serif";
const X_HEIGHT = 26;
/** What one key moves the window by, in widths, and zooms it by. */
const STEP = 0.2;
const ZOOM = 0.6;
/** The least part of the axis that a drag chooses, in pixels; less is a click. */
const LEAST_DRAG = 5;

/** Curves on a canvas. Dragging zooms, Shift and drag or a sideways wheel pans, a double click goes back; keys do all of it. */
export const LineChart = memo(function LineChart(props: LineChartProps) {
  const { lines, faint, x, y, log, places: kind, height, group, summary, reading } = props;
  const scheme = useComputedColorScheme("light");
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot>(undefined);
  const now = useRef(props);
  now.current = props;
  const all = useMemo(() => [...lines, ...faint], [lines, faint]);
  const data = useMemo(() => dataOf(all, log), [all, log]);
  /** What the canvas is made for; values and ranges change without it being made anew. */
  const made = JSON.stringify([
    all.map((line, at) => [line.color, line.dash, line.band !== undefined, at < lines.length]),
    log,
    kind,
    height,
    group,
    scheme,
  ]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: `made` is all of what the options are made of
  useEffect(() => {
    const target = box.current;
    if (target === null) return;
    const options = optionsOf(now, scheme, target.clientWidth);
    const plot = new uPlot(options, [[], ...data.slice(1).map(() => [])] as uPlot.AlignedData, target);
    chart.current = plot;
    const unbind = bindMoves(plot, () => now.current.log.x, now);
    const resized = new ResizeObserver(() => plot.setSize({ width: target.clientWidth, height: now.current.height }));
    resized.observe(target);
    return () => {
      resized.disconnect();
      unbind();
      plot.destroy();
      chart.current = undefined;
    };
  }, [made]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a canvas made anew takes its data again
  useEffect(() => {
    const plot = chart.current;
    plot?.batch(() => {
      plot.setData(data, false);
      plot.setScale("x", { min: x[0], max: x[1] });
      plot.setScale("y", { min: y[0], max: y[1] });
    });
  }, [made, data, x, y]);

  const places = data[0];
  const onKey = (event: KeyboardEvent) => {
    const plot = chart.current;
    const width = x[1] - x[0];
    if (plot === undefined || places.length === 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    const window = (by: number, zoom: number) => props.onRange(moved(x, by, zoom, 0.5, log.x));
    const at = plot.cursor.idx ?? -1;
    const go = (index: number) => {
      const clamped = Math.min(places.length - 1, Math.max(0, index));
      const place = places[clamped]!;
      if (place < x[0] || place > x[1]) props.onRange(moved(x, (place - (x[0] + x[1]) / 2) / width, 1, 0.5, false));
      plot.setCursor({ left: plot.valToPos(place, "x"), top: plot.over.clientHeight / 2 }, true);
      now.current.onPlace({ x: place, left: plot.valToPos(place, "x"), isHere: true });
    };
    const acts = new Map([
      ["ArrowLeft", () => (event.shiftKey ? window(-STEP, 1) : go(at === -1 ? places.length - 1 : at - 1))],
      ["ArrowRight", () => (event.shiftKey ? window(STEP, 1) : go(at + 1))],
      ["PageUp", () => go(at - Math.ceil(places.length / 10))],
      ["PageDown", () => go(at + Math.ceil(places.length / 10))],
      ["Home", () => go(0)],
      ["End", () => go(places.length - 1)],
      ["+", () => window(0, ZOOM)],
      ["=", () => window(0, ZOOM)],
      ["-", () => window(0, 1 / ZOOM)],
      ["0", () => props.onRange(undefined)],
    ]);
    const act = acts.get(event.key);
    if (act === undefined) return;
    event.preventDefault();
    act();
  };
  return (
    <div
      ref={box}
      className={classes.canvas}
      style={{ height }}
      // The crosshair is a thumb on the axis: arrows move it, and what it points at is read out.
      role="slider"
      tabIndex={0}
      aria-label={summary}
      aria-valuemin={x[0]}
      aria-valuemax={x[1]}
      aria-valuenow={x[0]}
      aria-valuetext={reading}
      onKeyDown={onKey}
      onBlur={() => now.current.onPlace(undefined)}
    />
  );
});

function marksOf(range: Range, { places, log }: LineChartProps, count: number): readonly number[] {
  if (log.x || places === "number") return ticks(range, count, log.x);
  if (places === "whole") return ticks(range, count, false, 1);
  return timeTicks(range, count, places === "clock" ? -60 * new Date(range[0] * 1000).getTimezoneOffset() : 0);
}

/** What the canvas takes: places, a row a line, and behind them the rows of the bands. */
function dataOf(lines: readonly Line[], log: LogScales): uPlot.AlignedData {
  const bands = lines.flatMap((line) =>
    line.band === undefined
      ? []
      : [
          { x: line.x, y: line.band.high },
          { x: line.x, y: line.band.low },
        ],
  );
  const { x, values } = aligned([...lines, ...bands], log);
  return [[...x], ...values.map((row) => [...row])];
}

function optionsOf(now: { readonly current: LineChartProps }, scheme: "light" | "dark", width: number): uPlot.Options {
  const { lines, faint, log, height, group } = now.current;
  const around = AROUND[scheme];
  const all = [...lines, ...faint];
  const banded = all.flatMap((line, at) => (line.band === undefined ? [] : [{ line, at }]));
  const passed = (_: uPlot, low: number, high: number): [number, number] => [low, high];
  const axis = { stroke: around.dim, grid: { stroke: around.grid, width: 1 }, ticks: { show: false }, font: FONT };
  return {
    width,
    height,
    padding: [8, 10, 0, 0],
    legend: { show: false },
    cursor: {
      sync: { key: group },
      points: { size: 6 },
      drag: { x: true, y: false, setScale: false },
      bind: {
        dblclick: () => () => {
          now.current.onRange(undefined);
          return null;
        },
      },
    },
    scales: {
      x: { time: false, auto: false, distr: log.x ? 3 : 1, range: passed },
      y: { auto: false, distr: log.y ? 3 : 1, range: passed },
    },
    axes: [
      {
        ...axis,
        size: X_HEIGHT,
        splits: (plot, _, low, high) => [...marksOf([low, high], now.current, Math.max(2, plot.over.clientWidth / 85))],
        values: (_, values) => values.map((value) => now.current.formatX(value)),
        filter: (_, values) => values,
      },
      {
        ...axis,
        size: (_, values) => 16 + 6.2 * Math.max(3, ...(values ?? []).map((value) => value.length)),
        splits: (_, __, low, high) => [...ticks([low, high], now.current.height / 45, now.current.log.y)],
        values: (_, values) => values.map((value) => now.current.formatY(value)),
        filter: (_, values) => values,
      },
    ],
    series: [
      {},
      ...all.map((line, at) => ({
        stroke: at < lines.length ? line.color : `${line.color}48`,
        width: at < lines.length ? 1.6 : 1,
        spanGaps: true,
        ...(line.dash === undefined ? {} : { dash: [...line.dash] }),
        points: { show: at < lines.length && line.x.length < 40, size: 5 },
      })),
      ...banded.flatMap(() => [0, 1].map(() => ({ stroke: "#0000", spanGaps: true, points: { show: false } }))),
    ],
    bands: banded.map(({ line }, at) => ({
      series: [all.length + 1 + 2 * at, all.length + 2 + 2 * at],
      fill: `${line.color}2e`,
    })),
    hooks: {
      setCursor: [
        (plot) => {
          const { left = -1, idx } = plot.cursor;
          const place = left < 0 || idx === null || idx === undefined ? undefined : plot.data[0][idx];
          const isHere = plot.over.matches(":hover") || plot.root.parentElement === document.activeElement;
          now.current.onPlace(place === undefined ? undefined : { x: place, left, isHere });
        },
      ],
      setSelect: [
        (plot) => {
          const { left, width: wide } = plot.select;
          if (wide === 0) return;
          if (wide >= LEAST_DRAG && plot.over.matches(":hover"))
            now.current.onRange([plot.posToVal(left, "x"), plot.posToVal(left + wide, "x")]);
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
    },
  };
}
