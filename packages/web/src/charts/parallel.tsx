import type { Run } from "@esteira/core/entities/run";
import { Button, useComputedColorScheme } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useMemo, useRef, useState } from "react";
import { useFormat, useText } from "../i18n/use-text.tsx";
import { runNameOf } from "../runs/run-values.ts";
import { SmallTable } from "../shell/small-table.tsx";
import { Empty } from "../shell/states.tsx";
import { AxisBrush } from "./axis-brush.tsx";
import classes from "./charts.module.css";
import { ColorKey } from "./color-key.tsx";
import { csvText } from "./csv-text.ts";
import { type Brushes, brushed, type Dimension, scaleOf } from "./dimensions.ts";
import { FigureHead } from "./figure-head.tsx";
import { marksOf } from "./frame-axis.ts";
import { AROUND } from "./palette.ts";
import { runColors } from "./run-colors.ts";
import { saveFigure } from "./save-figure.ts";
import { valueAt } from "./scale.ts";
import { useWidth } from "./use-width.ts";

interface ParallelProps {
  readonly runs: readonly Run[];
  readonly dimensions: readonly Dimension[];
  readonly color: Dimension | undefined;
  readonly brushes: Brushes;
  onBrushes(brushes: Brushes | undefined): void;
}

const HEIGHT = 420;
const TOP = 44;
const BOTTOM = 20;
const SIDE = 70;
/** Narrower than this an axis cannot be read: the figure scrolls sideways. */
const LEAST_GAP = 110;
const ROWS = 50;
/** Runs that one comparison takes. */
const COMPARED = 100;

/** A line a run through all its quantities and kinds. Parts of axes choose runs. */
export function Parallel({ runs, dimensions: all, color, brushes, onBrushes }: ParallelProps) {
  const text = useText();
  const format = useFormat();
  const scheme = useComputedColorScheme("light");
  const dark = scheme === "dark";
  const around = AROUND[scheme];
  const [box, wide] = useWidth();
  const drawing = useRef<SVGSVGElement>(null);
  const [showsTable, setShowsTable] = useState(false);
  const axes = useMemo(
    () =>
      all.flatMap((dimension) => {
        const scale = scaleOf(dimension);
        return scale === undefined ? [] : [{ dimension, scale }];
      }),
    [all],
  );
  const chosen = useMemo(() => brushed(all, brushes, runs.length), [all, brushes, runs.length]);
  const colors = useMemo(() => runColors(color, runs.length, dark), [color, runs.length, dark]);
  if (axes.length < 2) return <Empty>{text.charts.tooFewAxes}</Empty>;
  const width = Math.max(wide, 2 * SIDE + (axes.length - 1) * LEAST_GAP);
  const left = (at: number) => SIDE + (at * (width - 2 * SIDE)) / (axes.length - 1);
  const top = (place: number) => TOP + (1 - place) * (HEIGHT - TOP - BOTTOM);
  /** A run's line from axis to axis, and what bridges those on which it has no value. */
  const paths = (run: number) => {
    const [line, bridge] = [[] as string[], [] as string[]];
    let before: { readonly at: number; readonly text: string } | undefined;
    axes.forEach(({ dimension, scale }, at) => {
      const place = scale.place(dimension.values[run]);
      if (place === undefined) return;
      const text = `${left(at).toFixed(1)} ${top(place).toFixed(1)}`;
      if (before !== undefined) (before.at === at - 1 ? line : bridge).push(`M${before.text}L${text}`);
      before = { at, text };
    });
    return { line: line.join(""), bridge: bridge.join("") };
  };
  const picked = runs.filter((_, at) => chosen[at]);
  const isBrushed = Object.keys(brushes).length > 0;
  const name = text.charts.views.parallel;
  const shown = (dimension: Dimension, run: Run) => {
    const value = dimension.values[runs.indexOf(run)];
    return typeof value === "number" ? format.metric(value) : (value ?? "–");
  };
  // What is chosen lies above what is not.
  const order = [...runs.keys()].sort((a, b) => Number(chosen[a]) - Number(chosen[b]));
  return (
    <figure className={classes.panel}>
      <FigureHead
        name={name}
        showsTable={showsTable}
        onTable={() => setShowsTable(!showsTable)}
        onSave={(kind) =>
          saveFigure(kind, name, drawing.current, dark, () =>
            csvText(
              ["run_id", "name", ...all.map(({ id }) => id)],
              picked.map((run) => [
                run.info.runId,
                runNameOf(run),
                ...all.map(({ values }) => values[runs.indexOf(run)]),
              ]),
            ),
          )
        }
      />
      {color === undefined ? null : <ColorKey dimension={color} />}
      <div ref={box} className={classes.sideways}>
        {wide === 0 ? null : (
          // biome-ignore lint/a11y/useSemanticElements: a drawing has no fieldset
          <svg
            ref={drawing}
            width={width}
            height={HEIGHT}
            viewBox={`0 0 ${width} ${HEIGHT}`}
            fontSize={11}
            role="group"
            aria-label={text.charts.parallelSummary(axes.length, runs.length)}
          >
            <g fill="none">
              {order.map((at) => {
                const { line, bridge } = paths(at);
                return (
                  <g
                    key={runs[at]!.info.runId}
                    stroke={chosen[at] ? colors[at] : around.line}
                    strokeOpacity={chosen[at] ? 0.75 : 0.3}
                    strokeWidth={chosen[at] ? 1.4 : 1}
                  >
                    <path d={line} />
                    {bridge === "" ? null : <path d={bridge} strokeDasharray="2 4" />}
                  </g>
                );
              })}
            </g>
            {axes.map(({ dimension, scale }, at) => (
              <g key={dimension.id}>
                <g>
                  <text x={left(at)} y={18} textAnchor="middle" fill={around.text} fontWeight={600}>
                    {shortened(dimension.label)}
                  </text>
                  {scale.isLog ? (
                    <text x={left(at)} y={31} textAnchor="middle" fill={around.dim}>
                      {text.charts.log}
                    </text>
                  ) : null}
                  <path d={`M${left(at)} ${top(0)}V${top(1)}`} stroke={around.dim} />
                  {marksOf(dimension, scale, 6, format.metric).map((mark) => (
                    <text
                      key={mark.text}
                      x={left(at) + 8}
                      y={top(mark.place) + 4}
                      fill={around.text}
                      stroke={around.surface}
                      strokeWidth={3}
                      paintOrder="stroke"
                    >
                      {shortened(mark.text)}
                    </text>
                  ))}
                </g>
                <AxisBrush
                  label={dimension.label}
                  x={left(at)}
                  top={top}
                  brush={brushes[dimension.id]}
                  say={(place) => sayPlace(dimension, scale, place, format.metric)}
                  onBrush={(brush) => {
                    const { [dimension.id]: _, ...rest } = brushes;
                    const next = brush === undefined ? rest : { ...rest, [dimension.id]: brush };
                    onBrushes(Object.keys(next).length === 0 ? undefined : next);
                  }}
                />
              </g>
            ))}
          </svg>
        )}
      </div>
      <div className={classes.chosen} aria-live="polite">
        {text.charts.chosen(picked.length, runs.length)}
        {isBrushed ? (
          <Button size="compact-xs" variant="subtle" onClick={() => onBrushes(undefined)}>
            {text.charts.chooseAll}
          </Button>
        ) : (
          <span className={classes.hintText}>{text.charts.brushHint}</span>
        )}
        {isBrushed && picked.length >= 2 && picked.length <= COMPARED ? (
          <Link to="/compare-runs" search={{ runs: picked.map((run) => run.info.runId) }}>
            {text.charts.compareChosen}
          </Link>
        ) : null}
      </div>
      {showsTable || isBrushed ? (
        <section className={classes.table} aria-label={text.charts.tableOf(name)}>
          <SmallTable
            head={[{ title: text.runs.runName }, ...axes.map(({ dimension }) => ({ title: dimension.label }))]}
            rows={picked.slice(0, ROWS).map((run) => ({
              key: run.info.runId,
              cells: [
                <Link
                  key="run"
                  to="/experiments/$experimentId/runs/$runId"
                  params={{ experimentId: run.info.experimentId, runId: run.info.runId }}
                >
                  <bdi>{runNameOf(run)}</bdi>
                </Link>,
                ...axes.map(({ dimension }) => shown(dimension, run)),
              ],
            }))}
          />
          {picked.length > ROWS ? <p className={classes.notes}>{text.charts.andMore(picked.length - ROWS)}</p> : null}
        </section>
      ) : null}
    </figure>
  );
}

const LONGEST = 16;
const shortened = (text: string) => (text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text);

/** What lies at a place of an axis: a value, or the category whose part it is. */
function sayPlace(
  dimension: Dimension,
  scale: { readonly range: readonly [number, number]; readonly isLog: boolean },
  place: number,
  format: (value: number) => string,
): string {
  if (dimension.kind === "number") return format(valueAt(scale.range, place, scale.isLog));
  const at = Math.min(dimension.categories.length - 1, Math.floor(place * dimension.categories.length));
  return dimension.categories[at] ?? "";
}
