import type { Run } from "@esteira/core/entities/run";
import type { Format } from "../i18n/format.ts";
import { useFormat } from "../i18n/use-text.tsx";
import { Moment } from "../shell/moment.tsx";
import type { AttributeKey, Column } from "./columns.ts";
import { isAttributeKey } from "./columns.ts";
import { durationOf, gitCommitOf, sourceOf, userOf, valuesOf } from "./run-values.ts";
import { StatusBadge } from "./status-badge.tsx";

/** Texts longer than this are cut in a cell: nobody reads them there, and the browser need not lay them out. */
const LONGEST = 300;
const cut = (value: string) => (value.length > LONGEST ? `${value.slice(0, LONGEST)}…` : value);

export function Cell({ run, column }: { run: Run; column: Column }) {
  const format = useFormat();
  if (column.kind === "metrics") return metricText(run, column.key, format);
  if (column.kind === "attributes") {
    return isAttributeKey(column.key) ? <Attribute run={run} name={column.key} /> : null;
  }
  const value = valuesOf(run)[column.kind].get(column.key);
  return value === undefined ? null : cut(value);
}

function metricText(run: Run, key: string, format: Format): string | null {
  const metric = valuesOf(run).metrics.get(key);
  return metric === undefined ? null : format.metric(metric.value);
}

function Attribute({ run, name }: { run: Run; name: AttributeKey }) {
  const format = useFormat();
  switch (name) {
    case "start_time":
      return <Moment ms={run.info.startTime} />;
    case "end_time":
      return <Moment ms={run.info.endTime} />;
    case "duration": {
      const duration = durationOf(run.info, Date.now());
      return duration === undefined ? null : format.duration(duration);
    }
    case "status":
      return <StatusBadge status={run.info.status} />;
    case "user_id":
      return userOf(run);
    case "source":
      return cut(sourceOf(run));
    case "dataset":
      return run.inputs.datasets.map(({ dataset }) => dataset.name).join(", ");
    case "git_commit":
      return gitCommitOf(run).slice(0, 8);
    case "run_id":
      return run.info.runId;
  }
}

/** The whole value, for a cell's tooltip; empty where the cell has one of its own. */
export function cellTitle(run: Run, column: Column, format: Format): string {
  if (column.kind === "metrics") {
    const metric = valuesOf(run).metrics.get(column.key);
    return metric === undefined ? "" : format.exact(metric.value);
  }
  if (column.kind !== "attributes") return cut(valuesOf(run)[column.kind].get(column.key) ?? "");
  return column.key === "source" ? cut(sourceOf(run)) : column.key === "git_commit" ? gitCommitOf(run) : "";
}

/** Numbers stand at the right of their column. */
export const isNumeric = (column: Column, sample: readonly Run[]): boolean => {
  if (column.kind === "metrics" || column.id === "attributes.duration") return true;
  if (column.kind !== "params") return false;
  const values = sample.map((run) => valuesOf(run).params.get(column.key)).filter((value) => value !== undefined);
  return values.length > 0 && values.every((value) => value.trim() !== "" && Number.isFinite(Number(value)));
};
