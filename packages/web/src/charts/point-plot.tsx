import type { Run } from "@esteira/core/entities/run";
import { useComputedColorScheme } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { type KeyboardEvent, useMemo, useRef, useState } from "react";
import { useFormat, useText } from "../i18n/use-text.tsx";
import { runNameOf } from "../runs/run-values.ts";
import { SmallTable } from "../shell/small-table.tsx";
import { Empty } from "../shell/states.tsx";
import classes from "./charts.module.css";
import { ColorKey } from "./color-key.tsx";
import { csvText } from "./csv-text.ts";
import { type Dimension, scaleOf } from "./dimensions.ts";
import { FigureHead } from "./figure-head.tsx";
import { Frame, type Plane } from "./frame.tsx";
import { frameAxis } from "./frame-axis.ts";
import { AROUND } from "./palette.ts";
import { runColors } from "./run-colors.ts";
import { saveFigure } from "./save-figure.ts";
import { SurfaceDrawing } from "./surface-drawing.tsx";
import { useWidth } from "./use-width.ts";

interface PointPlotProps {
  readonly runs: readonly Run[];
  readonly across: Dimension;
  readonly up: Dimension;
  readonly color: Dimension | undefined;
  /** Whether the plane between the runs is coloured by what `color` is there. */
  readonly surface: boolean;
}

const HEIGHT = 440;
const NEAR = 14;
const ROWS = 100;

/** A point a run, between two of its quantities. Arrows go from run to run, Enter opens one. */
export function PointPlot({ runs, across, up, color, surface }: PointPlotProps) {
  const text = useText();
  const format = useFormat();
  const navigate = useNavigate();
  const scheme = useComputedColorScheme("light");
  const [box, width] = useWidth();
  const drawing = useRef<SVGSVGElement>(null);
  const [pointed, setPointed] = useState<number>();
  const [showsTable, setShowsTable] = useState(false);
  const [x, y] = [frameAxis(across, Math.max(3, width / 110), format.metric), frameAxis(up, 7, format.metric)];
  const colors = useMemo(() => runColors(color, runs.length, scheme === "dark"), [color, runs.length, scheme]);
  /** Runs with a place on both axes, from left to right. */
  const points = useMemo(() => {
    const [scaleX, scaleY] = [scaleOf(across), scaleOf(up)];
    return runs
      .flatMap((_, run) => {
        const [left, top] = [scaleX?.place(across.values[run]), scaleY?.place(up.values[run])];
        return left === undefined || top === undefined ? [] : [{ run, left, top }];
      })
      .sort((a, b) => a.left - b.left || a.top - b.top);
  }, [runs, across, up]);
  const name = `${up.label} / ${across.label}`;
  if (x === undefined || y === undefined || points.length === 0) return <Empty>{text.charts.noPlaces}</Empty>;

  const shown = (dimension: Dimension, run: number) => {
    const value = dimension.values[run];
    return typeof value === "number" ? format.metric(value) : (value ?? "–");
  };
  const dimensions = [across, up, ...(color && color.id !== across.id && color.id !== up.id ? [color] : [])];
  const reading = (run: number) =>
    [runNameOf(runs[run]!), ...dimensions.map((dimension) => `${dimension.label} ${shown(dimension, run)}`)].join("; ");
  const open = (run: number) =>
    void navigate({
      to: "/experiments/$experimentId/runs/$runId",
      params: { experimentId: runs[run]!.info.experimentId, runId: runs[run]!.info.runId },
    });
  const at = points.findIndex(({ run }) => run === pointed);
  const onKey = (event: KeyboardEvent) => {
    const next = {
      ArrowRight: at + 1,
      ArrowLeft: at < 0 ? points.length - 1 : at - 1,
      Home: 0,
      End: points.length - 1,
    };
    if (event.key === "Enter" && pointed !== undefined) open(pointed);
    else if (event.key in next) {
      event.preventDefault();
      const index = next[event.key as keyof typeof next];
      setPointed(points[Math.min(points.length - 1, Math.max(0, index))]!.run);
    }
  };
  const onMove = (event: React.MouseEvent, plane: Plane) => {
    const from = drawing.current!.getBoundingClientRect();
    const [left, top] = [event.clientX - from.left, event.clientY - from.top];
    let best: { run: number; far: number } | undefined;
    for (const point of points) {
      const far = Math.hypot(
        plane.left + point.left * plane.width - left,
        plane.top + (1 - point.top) * plane.height - top,
      );
      if (far < NEAR && far < (best?.far ?? Number.POSITIVE_INFINITY)) best = { run: point.run, far };
    }
    setPointed(best?.run);
  };
  return (
    <figure className={classes.panel}>
      <FigureHead
        name={name}
        showsTable={showsTable}
        onTable={() => setShowsTable(!showsTable)}
        onSave={(kind) =>
          saveFigure(kind, name, drawing.current, scheme === "dark", () =>
            csvText(
              ["run_id", "name", ...dimensions.map(({ label }) => label)],
              points.map(({ run }) => [
                runs[run]!.info.runId,
                runNameOf(runs[run]!),
                ...dimensions.map(({ values }) => values[run]),
              ]),
            ),
          )
        }
      />
      {color === undefined ? null : <ColorKey dimension={color} />}
      <div
        ref={box}
        className={classes.drawing}
        role="slider"
        tabIndex={0}
        aria-label={text.charts.pointsSummary(up.label, across.label, points.length)}
        aria-valuemin={1}
        aria-valuemax={points.length}
        aria-valuenow={at + 1}
        aria-valuetext={pointed === undefined ? text.charts.pointKeys : reading(pointed)}
        onKeyDown={onKey}
        onBlur={() => setPointed(undefined)}
      >
        {width === 0 ? null : (
          <Frame width={width} height={HEIGHT} across={x.axis} up={y.axis} drawing={drawing}>
            {(plane) => (
              <>
                {surface && color !== undefined ? (
                  <SurfaceDrawing plane={plane} points={points} color={color} dark={scheme === "dark"} />
                ) : null}
                {points.map(({ run, left, top }) => (
                  <circle
                    key={runs[run]!.info.runId}
                    cx={plane.left + left * plane.width}
                    cy={plane.top + (1 - top) * plane.height}
                    r={run === pointed ? 7 : surface ? 3.5 : 5}
                    fill={colors[run]}
                    fillOpacity={run === pointed || surface ? 1 : 0.8}
                    stroke={run === pointed ? AROUND[scheme].text : AROUND[scheme].surface}
                    strokeWidth={run === pointed ? 2 : 1}
                  />
                ))}
                {/* biome-ignore lint/a11y/noStaticElementInteractions: the figure around it is the control */}
                <rect
                  data-control="true"
                  x={plane.left}
                  y={plane.top}
                  width={plane.width}
                  height={plane.height}
                  fill="transparent"
                  cursor={pointed === undefined ? "default" : "pointer"}
                  onMouseMove={(event) => onMove(event, plane)}
                  onMouseLeave={() => setPointed(undefined)}
                  onClick={() => (pointed === undefined ? undefined : open(pointed))}
                />
              </>
            )}
          </Frame>
        )}
      </div>
      <p className={classes.notes} aria-hidden="true">
        {pointed === undefined ? text.charts.pointKeys : reading(pointed)}
      </p>
      {points.length < runs.length ? (
        <p className={classes.notes}>{text.charts.noPlace(runs.length - points.length)}</p>
      ) : null}
      {showsTable ? (
        <section className={classes.table} aria-label={text.charts.tableOf(name)}>
          <SmallTable
            head={[
              { title: text.runs.runName },
              ...dimensions.map(({ label }) => ({ title: label, kind: "number" as const })),
            ]}
            rows={points.slice(0, ROWS).map(({ run }) => ({
              key: runs[run]!.info.runId,
              cells: [
                <bdi key="name">{runNameOf(runs[run]!)}</bdi>,
                ...dimensions.map((dimension) => shown(dimension, run)),
              ],
            }))}
          />
          {points.length > ROWS ? <p className={classes.notes}>{text.charts.andMore(points.length - ROWS)}</p> : null}
        </section>
      ) : null}
    </figure>
  );
}
