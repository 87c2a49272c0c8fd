import { Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useFormat, useText } from "../i18n/use-text.tsx";
import { SmallTable } from "../shell/small-table.tsx";
import { Empty, Failure } from "../shell/states.tsx";
import classes from "./charts.module.css";
import type { Dimension } from "./dimensions.ts";
import { importances, LEAST_RUNS } from "./importance.ts";

/** Between two trees, the page may draw and be used. */
const rest = () => new Promise<void>((resolve) => setTimeout(resolve));
const SHOWN = 60;

/** Which parameters a metric depends on, and how that was found. */
export function ImportanceView({
  target,
  params,
}: {
  readonly target: Dimension;
  readonly params: readonly Dimension[];
}) {
  const text = useText();
  const format = useFormat();
  const query = useQuery({
    queryKey: ["importance", target.id, target.values, params.map(({ id, values }) => [id, values])],
    queryFn: async () => (await importances(target, params, rest)) ?? null,
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (query.error) return <Failure error={query.error} retry={() => void query.refetch()} />;
  if (query.data === undefined) return <Skeleton height={220} />;
  if (query.data === null) return <Empty>{text.charts.noImportance(LEAST_RUNS)}</Empty>;
  const { of, explained, runs } = query.data;
  const most = Math.max(...of.map(({ share }) => share), 1e-9);
  return (
    <>
      <p className={classes.notes}>{text.charts.explained(Math.max(0, explained), runs)}</p>
      {explained < 0.2 ? (
        <p className={classes.warning} role="status">
          {text.charts.littleExplained}
        </p>
      ) : null}
      <SmallTable
        head={[
          { title: text.run.parameter },
          { title: text.charts.importance },
          { title: "", kind: "number" },
          { title: text.charts.correlation, kind: "number" },
        ]}
        rows={of.slice(0, SHOWN).map(({ id, label, share, correlation }) => ({
          key: id,
          cells: [
            <bdi key="name">{label}</bdi>,
            <span key="bar" className={classes.bar}>
              <span style={{ width: `${Math.max(0, share / most) * 100}%` }} />
            </span>,
            format.metric(Number(Math.max(0, share).toFixed(3))),
            correlation === undefined ? "–" : format.metric(Number(correlation.toFixed(2))),
          ],
        }))}
      />
      <p className={classes.method}>{text.charts.method}</p>
    </>
  );
}
