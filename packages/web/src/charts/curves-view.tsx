import type { Run } from "@esteira/core/entities/run";
import { SegmentedControl, Skeleton, useComputedColorScheme } from "@mantine/core";
import { type UseQueryResult, useQueries } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { artifactListQuery, artifactTextQuery } from "../api/artifact-queries.ts";
import { runArtifacts } from "../api/artifact-source.ts";
import { queries as cache } from "../api/query-client.ts";
import { useFormat, useText } from "../i18n/use-text.tsx";
import { runNameOf } from "../runs/run-values.ts";
import { SmallTable } from "../shell/small-table.tsx";
import { Empty, Failure } from "../shell/states.tsx";
import classes from "./charts.module.css";
import { csvText } from "./csv-text.ts";
import { EVALUATION_FILE, type EvaluationCurves, parseEvaluation } from "./evaluation-file.ts";
import { FigureHead } from "./figure-head.tsx";
import { Frame, type Plane } from "./frame.tsx";
import { Legend } from "./legend.tsx";
import { AROUND, colorOf, dashOf } from "./palette.ts";
import { pathOf } from "./picture.ts";
import { saveFigure } from "./save-figure.ts";
import { positionIn, type Range, ticks } from "./scale.ts";
import { CURVE_KINDS, type CurveKind } from "./search.ts";
import { useWidth } from "./use-width.ts";

/** Runs whose files are read. */
const READ = 24;
const HEIGHT = 460;

interface CurvesViewProps {
  readonly runs: readonly Run[];
  /** Whether each run keeps the colour that it has elsewhere on the page. */
  readonly keepsColors: boolean;
  readonly kind: CurveKind;
  onKind(kind: CurveKind): void;
}

/** The curves that a run has kept, or null: looked for in the folder first, so that a run without is no failure. */
const curvesQuery = (run: Run) => ({
  queryKey: ["evaluation", run.info.runId],
  staleTime: 60_000,
  queryFn: async (): Promise<EvaluationCurves | null> => {
    const source = runArtifacts(run.info.runId, run.info.artifactUri);
    const files = await cache.fetchQuery(artifactListQuery(source, ""));
    if (!files.some(({ path, isDir }) => path === EVALUATION_FILE && !isDir)) return null;
    return parseEvaluation(await cache.fetchQuery(artifactTextQuery(source, EVALUATION_FILE))) ?? null;
  },
});

/** Precision and recall, ROC and calibration of several runs over each other. */
export function CurvesView({ runs: all, keepsColors, kind, onKind }: CurvesViewProps) {
  const text = useText();
  const format = useFormat();
  const scheme = useComputedColorScheme("light");
  const dark = scheme === "dark";
  const around = AROUND[scheme];
  const runs = all.slice(0, READ);
  const answers: readonly UseQueryResult<EvaluationCurves | null>[] = useQueries({ queries: runs.map(curvesQuery) });
  const [box, width] = useWidth();
  const drawing = useRef<SVGSVGElement>(null);
  const [showsTable, setShowsTable] = useState(false);
  const found = runs.flatMap((run, at) => {
    const curve = answers[at]?.data?.[kind];
    if (curve === undefined) return [];
    const figure = answers[at]?.data?.figures[kind];
    const prevalence = answers[at]?.data?.prevalence;
    return [{ run, curve, figure, prevalence, at }];
  });
  const drawn = found.map((one, at) => {
    const place = keepsColors ? one.at : at;
    return { ...one, color: colorOf(place, dark), dash: dashOf(place) };
  });
  const without = runs.filter((_, at) => answers[at]?.data !== undefined && answers[at]?.data?.[kind] === undefined);
  const fault = answers.find(({ error, data }) => error !== null && data === undefined);
  const pending = answers.some(({ isPending }) => isPending);
  const isLog = kind === "calibration";
  const { range, marks } = axisOf(
    isLog ? found.flatMap(({ curve }) => [...curve.x, ...curve.y]) : undefined,
    format.metric,
  );
  const axes = text.charts.curveAxes[kind];
  const name = text.charts.curves[kind];
  const place = (value: number) => positionIn(range, isLog ? Math.max(value, range[0]) : value, isLog);
  return (
    <>
      <div className={classes.controls}>
        <SegmentedControl
          aria-label={text.charts.curveKind}
          value={kind}
          onChange={(value) => onKind(CURVE_KINDS.find((known) => known === value) ?? "pr")}
          data={CURVE_KINDS.map((value) => ({ value, label: text.charts.curves[value] }))}
        />
      </div>
      {all.length > READ ? <p className={classes.notes}>{text.charts.runsDrawn(READ, all.length)}</p> : null}
      {pending ? <Skeleton height={HEIGHT} /> : null}
      {fault ? <Failure error={fault.error} retry={() => void fault.refetch()} /> : null}
      {!pending && found.length === 0 && fault === undefined ? (
        <Empty>
          <p>{text.charts.noCurves(EVALUATION_FILE)}</p>
        </Empty>
      ) : null}
      {found.length > 0 ? (
        <figure className={classes.panel}>
          <FigureHead
            name={name}
            showsTable={showsTable}
            onTable={() => setShowsTable(!showsTable)}
            onSave={(how) =>
              saveFigure(how, name, drawing.current, dark, () =>
                csvText(
                  ["run_id", "name", axes.x, axes.y],
                  found.flatMap(({ run, curve }) =>
                    curve.x.map((x, at) => [run.info.runId, runNameOf(run), x, curve.y[at]]),
                  ),
                ),
              )
            }
          />
          <Legend
            items={drawn.map(({ run, color, dash, figure }) => ({
              id: run.info.runId,
              name:
                figure === undefined
                  ? runNameOf(run)
                  : `${axes.figure} ${format.metric(Number(figure.toPrecision(3)))} · ${runNameOf(run)}`,
              color,
              dash,
            }))}
          />
          <div
            ref={box}
            className={classes.drawing}
            role="img"
            aria-label={text.charts.summary(
              name,
              found.length,
              found.reduce((sum, { curve }) => sum + curve.x.length, 0),
            )}
          >
            {width === 0 ? null : (
              <Frame
                width={Math.min(width, 760)}
                height={HEIGHT}
                across={{ title: axes.x, marks }}
                up={{ title: axes.y, marks }}
                drawing={drawing}
              >
                {(plane) => {
                  const px = (value: number) => plane.left + place(value) * plane.width;
                  const py = (value: number) => plane.top + (1 - place(value)) * plane.height;
                  return (
                    <g fill="none" strokeLinejoin="round">
                      <path
                        d={guide(kind, plane, found[0]?.prevalence, py)}
                        stroke={around.dim}
                        strokeDasharray="2 4"
                      />
                      {drawn.map(({ run, curve, color, dash }) => (
                        <g key={run.info.runId}>
                          <path
                            d={pathOf(curve.x, curve.y, px, py)}
                            stroke={color}
                            strokeWidth={2}
                            strokeDasharray={dash?.join(" ")}
                          />
                          {isLog
                            ? curve.x.map((x, at) => (
                                // biome-ignore lint/suspicious/noArrayIndexKey: a bin is its place
                                <circle key={at} cx={px(x)} cy={py(curve.y[at]!)} r={3.5} fill={color} />
                              ))
                            : null}
                        </g>
                      ))}
                    </g>
                  );
                }}
              </Frame>
            )}
          </div>
          <p className={classes.notes}>{text.charts.curveNote[kind]}</p>
          {showsTable ? (
            <section className={classes.table} aria-label={text.charts.tableOf(name)}>
              <SmallTable
                head={[
                  { title: text.runs.runName },
                  { title: axes.figure, kind: "number" },
                  { title: text.charts.points, kind: "number" },
                ]}
                rows={found.map(({ run, curve, figure }) => ({
                  key: run.info.runId,
                  cells: [
                    <bdi key="name">{runNameOf(run)}</bdi>,
                    figure === undefined ? "–" : format.metric(figure),
                    format.number(curve.x.length),
                  ],
                }))}
              />
            </section>
          ) : null}
        </figure>
      ) : null}
      {without.length > 0 && found.length > 0 ? (
        <p className={classes.notes}>
          {text.charts.withoutCurve(EVALUATION_FILE, without.map(runNameOf).slice(0, 10).join(", "), without.length)}
        </p>
      ) : null}
    </>
  );
}

/** From 0 to 1; of probabilities that may be small, from the power of ten below the least, by logarithms. */
function axisOf(values: readonly number[] | undefined, format: (value: number) => string) {
  const least = values && Math.min(0.1, ...values.filter((value) => value > 0));
  const range: Range = least === undefined ? [0, 1] : [Math.max(1e-9, 10 ** Math.floor(Math.log10(least))), 1];
  const isLog = least !== undefined;
  const marks = ticks(range, 6, isLog).map((mark) => ({ place: positionIn(range, mark, isLog), text: format(mark) }));
  return { range, marks };
}

/** What a model that knows nothing would have: in calibration, what one that is right has. */
function guide(kind: CurveKind, plane: Plane, prevalence: number | undefined, py: (value: number) => number): string {
  if (kind !== "pr") return `M${plane.left} ${plane.top + plane.height}L${plane.left + plane.width} ${plane.top}`;
  return prevalence === undefined ? "" : `M${plane.left} ${py(prevalence)}h${plane.width}`;
}
