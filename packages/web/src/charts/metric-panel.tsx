import type { RunId } from "@esteira/core/ids";
import { Skeleton, useComputedColorScheme } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useRef, useState } from "react";
import { metricHistoryQuery } from "../api/queries.ts";
import { useFormat, useText } from "../i18n/use-text.tsx";
import { Failure } from "../shell/states.tsx";
import classes from "./charts.module.css";
import { LineChart } from "./line-chart.tsx";
import { colorOf } from "./palette.ts";
import type { Line } from "./series.ts";

export interface ChartedRun {
  readonly runId: RunId;
  readonly name: string;
  readonly live: boolean;
}

interface MetricPanelProps {
  readonly metric: string;
  readonly runs: readonly ChartedRun[];
  readonly log: boolean;
  readonly smoothing: number;
  readonly group: string;
}

/** One metric's curve in one or more runs. Asks for its points once it has come into view. */
export function MetricPanel({ metric, runs, log, smoothing, group }: MetricPanelProps) {
  const text = useText();
  const format = useFormat();
  const dark = useComputedColorScheme("light") === "dark";
  const [frame, seen] = useSeen();
  const [point, setPoint] = useState<{ step: number; values: readonly (number | null)[] }>();
  const ids = useMemo(() => runs.map(({ runId }) => runId), [runs]);
  const live = runs.some((run) => run.live);
  const query = useQuery({ ...metricHistoryQuery(ids, metric, live), enabled: seen });
  const lines = useMemo<readonly Line[]>(
    () =>
      runs.map(({ runId, name }, at) => ({
        label: name,
        color: colorOf(at, dark),
        points: (query.data ?? []).filter((item) => item.runId === runId || runs.length === 1),
      })),
    [runs, query.data, dark],
  );
  return (
    <figure className={classes.panel} ref={frame}>
      <figcaption className={classes.caption}>
        <strong title={metric}>{metric}</strong>
        {point ? (
          <span className={classes.point}>
            {`${text.run.step} ${format.number(point.step)}`}
            {lines.map((line, at) => (
              <span key={`${line.label} ${line.color}`} style={{ color: line.color }}>
                {valueText(point.values[at], format.metric)}
              </span>
            ))}
          </span>
        ) : null}
      </figcaption>
      {query.data ? (
        <LineChart
          lines={lines}
          log={log}
          smoothing={smoothing}
          group={group}
          onPoint={setPoint}
          summary={text.charts.summary(metric, lines.length, query.data.length)}
          noPoints={text.charts.noPoints}
        />
      ) : query.error ? (
        <Failure error={query.error} retry={() => void query.refetch()} />
      ) : (
        <Skeleton height={200} />
      )}
    </figure>
  );
}

const valueText = (value: number | null | undefined, format: (value: number) => string) =>
  value === null || value === undefined ? "–" : format(value);

/** Whether the element has ever been near the window. */
function useSeen() {
  const element = useRef<HTMLElement>(null);
  const [seen, setSeen] = useState(false);
  useEffect(() => {
    if (seen || element.current === null) return;
    const observer = new IntersectionObserver(
      (entries) => {
        if (entries.some((entry) => entry.isIntersecting)) setSeen(true);
      },
      { rootMargin: "300px" },
    );
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [seen]);
  return [element, seen] as const;
}
