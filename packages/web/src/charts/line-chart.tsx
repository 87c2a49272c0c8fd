import "uplot/dist/uPlot.min.css";
import { useComputedColorScheme } from "@mantine/core";
import { useEffect, useMemo, useRef } from "react";
import uPlot from "uplot";
import { useFormat } from "../i18n/use-text.tsx";
import type { Line } from "./series.ts";
import { aligned, hasPoints } from "./series.ts";
import { smoothed } from "./smoothing.ts";

const HEIGHT = 200;
const AXIS = {
  light: { text: "#5d6675", grid: "#eceef1" },
  dark: { text: "#9aa4b1", grid: "#262c33" },
};

/** Distances between marks of the axis: steps are whole numbers. */
const WHOLE_STEPS = Array.from({ length: 16 }, (_, power) => [1, 2, 5].map((digit) => digit * 10 ** power)).flat();

interface LineChartProps {
  readonly lines: readonly Line[];
  readonly log: boolean;
  /** 0 to below 1; the unsmoothed line stays visible, faint. */
  readonly smoothing: number;
  /** Charts of one key move their crosshairs together. */
  readonly group: string;
  /** The step under the pointer and each line's value there; undefined when the pointer leaves. */
  onPoint(point: { step: number; values: readonly (number | null)[] } | undefined): void;
  readonly summary: string;
  readonly noPoints: string;
}

/** Lines by step. Dragging zooms, a double click goes back. */
export function LineChart({ lines, log, smoothing, group, onPoint, summary, noPoints }: LineChartProps) {
  const format = useFormat();
  const scheme = useComputedColorScheme("light");
  const box = useRef<HTMLDivElement>(null);
  const report = useRef(onPoint);
  report.current = onPoint;
  const data = useMemo(() => aligned(lines, log), [lines, log]);
  const drawable = hasPoints(data);

  useEffect(() => {
    const target = box.current;
    if (target === null || !drawable) return;
    const shown = data.values.map((row) => smoothed(row, smoothing));
    const faint = smoothing > 0 ? data.values : [];
    const axis = AXIS[scheme];
    const font = "11px system-ui, sans-serif";
    const ticks = (_: uPlot, values: (number | null)[]) =>
      values.map((value) => (value === null ? "" : format.metric(value)));
    const chart = new uPlot(
      {
        width: target.clientWidth,
        height: HEIGHT,
        padding: [8, 8, 0, 0],
        legend: { show: false },
        cursor: { sync: { key: group }, points: { size: 6 }, drag: { x: true, y: false } },
        scales: { x: { time: false }, y: { distr: log ? 3 : 1 } },
        axes: [
          {
            stroke: axis.text,
            grid: { stroke: axis.grid, width: 1 },
            ticks: { show: false },
            font,
            size: 26,
            incrs: WHOLE_STEPS,
            values: ticks,
          },
          {
            stroke: axis.text,
            grid: { stroke: axis.grid, width: 1 },
            ticks: { show: false },
            font,
            size: (_, values) => 16 + 6.2 * Math.max(3, ...(values ?? []).map((value) => value.length)),
            values: ticks,
          },
        ],
        series: [
          {},
          ...lines.map((line) => ({
            stroke: line.color,
            width: 1.6,
            spanGaps: true,
            points: { show: data.steps.length < 40 },
          })),
          ...faint.map((_, at) => ({
            stroke: `${lines[at]!.color}40`,
            width: 1,
            spanGaps: true,
            points: { show: false },
          })),
        ],
        hooks: {
          setCursor: [
            (self) => {
              const at = self.cursor.idx;
              const step = at === null || at === undefined ? undefined : data.steps[at];
              report.current(
                step === undefined ? undefined : { step, values: shown.map((row) => row[at as number] ?? null) },
              );
            },
          ],
        },
      },
      [[...data.steps], ...shown, ...faint.map((row) => [...row])],
      target,
    );
    const resized = new ResizeObserver(() => chart.setSize({ width: target.clientWidth, height: HEIGHT }));
    resized.observe(target);
    return () => {
      resized.disconnect();
      chart.destroy();
    };
  }, [data, drawable, lines, log, smoothing, scheme, group, format]);

  if (!drawable) return <p style={{ color: "var(--e-dim)" }}>{noPoints}</p>;
  return <div ref={box} role="img" aria-label={summary} style={{ height: HEIGHT, minWidth: 0 }} />;
}
