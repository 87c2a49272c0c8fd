/** Reads a file of labels, and refuses it whole for whatever is wrong in it. */

import { invalid } from "@esteira/core/errors";
import { instantOrNone, numberOf } from "@esteira/lifecycle/evidence/cells";
import { type ColumnMap, type MappedRows, openMapped } from "../source/mapped-file.ts";
import { LABEL_SOURCES, LABELS, type Label, type LabelSource, type LabelValue } from "./label.ts";

/** Columns of a file of labels; the first two must be there. */
export const LABEL_COLUMNS = [
  ...["decision_id", "label", "source", "event_time", "report_time", "known_at", "typology", "amount"],
] as const;

/** Clocks may differ by so much, milliseconds: what is further ahead is from the future. */
export const CLOCK_SKEW_MS = 300_000;

export interface BatchOptions {
  readonly map: ColumnMap;
  /** Of labels whose row says none. */
  readonly source?: string | undefined;
  /** Milliseconds since the epoch; when a label is known whose row does not say it. */
  readonly now: number;
}

/** The labels of a file, in its order. Throws INVALID_PARAMETER_VALUE with the row for the first that is wrong. */
export async function readLabelBatch(path: string, options: BatchOptions): Promise<readonly Label[]> {
  const file = await openMapped(path, options.map);
  for (const name of ["decision_id", "label"])
    if (!file.names.includes(file.nameOf(name)))
      throw invalid(
        `${path} has no column '${file.nameOf(name)}' (it has ${file.names.join(", ")}): map one to it, as in ${name}=transfer.`,
      );
  if (options.source === undefined && !file.names.includes(file.nameOf("source")))
    throw invalid(
      `${path} has no column '${file.nameOf("source")}': say with --source where its labels are from (${LABEL_SOURCES.join(", ")}).`,
    );
  const labels: Label[] = [];
  const seen = new Map<string, { readonly row: number; readonly label: LabelValue }>();
  for await (const rows of file.rows())
    for (let at = 0; at < rows.rowCount; at++) {
      const row = rows.firstRow + at;
      const label = labelOfRow(rows, at, { ...options, path, row });
      const before = seen.get(label.decisionId);
      if (before !== undefined && before.label !== label.label)
        throw invalid(
          `${path}, rows ${before.row} and ${row} contradict each other: decision '${label.decisionId}' is ${before.label} in one and ${label.label} in the other; nothing was entered.`,
        );
      seen.set(label.decisionId, { row, label: label.label });
      labels.push(label);
    }
  return labels;
}

type Place = BatchOptions & { readonly path: string; readonly row: number };

function labelOfRow(rows: MappedRows, at: number, place: Place): Label {
  const { path, row, now } = place;
  const cell = (name: (typeof LABEL_COLUMNS)[number]): unknown => rows.cells(name)?.[at] ?? null;
  const where = (column: string) => ({ file: path, column, row });
  const instant = (name: "event_time" | "report_time" | "known_at"): number | null => {
    const value = instantOrNone(cell(name), where(name));
    if (value > now + CLOCK_SKEW_MS)
      throw invalid(
        `${path}, row ${row}, column '${name}': ${new Date(value).toISOString()} is in the future; nothing was entered (clocks may differ by ${CLOCK_SKEW_MS / 60_000} minutes).`,
      );
    return Number.isNaN(value) ? null : value;
  };
  const id = cell("decision_id");
  if (id === null || String(id) === "")
    throw invalid(`${path}, row ${row}, column 'decision_id': the cell is empty; expected the decision's id.`);
  const [eventTime, reportTime, knownAt] = [instant("event_time"), instant("report_time"), instant("known_at") ?? now];
  inOrder(place, ["event_time", eventTime], ["report_time", reportTime]);
  inOrder(place, ["report_time", reportTime ?? eventTime], ["known_at", knownAt]);
  const amount = cell("amount");
  const typology = cell("typology");
  return {
    decisionId: String(id),
    label: labelValue(cell("label"), place),
    source: sourceOf(cell("source") ?? place.source ?? null, place),
    ...{ eventTime, reportTime, knownAt },
    typology: typology === null || typology === "" ? null : String(typology),
    amount: amount === null || amount === "" ? null : numberOf(amount, where("amount")),
  };
}

function inOrder({ path, row }: Place, first: [string, number | null], then: [string, number | null]): void {
  if (first[1] === null || then[1] === null || then[1] >= first[1] - CLOCK_SKEW_MS) return;
  throw invalid(
    `${path}, row ${row}: ${then[0]} ${new Date(then[1]).toISOString()} is before ${first[0]} ${new Date(first[1]).toISOString()}; nothing was entered.`,
  );
}

function labelValue(cell: unknown, { path, row }: Place): LabelValue {
  const text = String(cell).toLowerCase();
  if (cell === true || ["1", "true", "fraud"].includes(text)) return "fraud";
  if (cell === false || ["0", "false", "legitimate"].includes(text)) return "legitimate";
  if (text === "inconclusive") return text;
  throw invalid(
    `${path}, row ${row}, column 'label': ${cell === null ? "an empty cell" : `'${text.slice(0, 40)}'`} is no label; expected ${LABELS.join(", ")} (or 1, 0).`,
  );
}

function sourceOf(cell: unknown, { path, row }: Place): LabelSource {
  const found = LABEL_SOURCES.find((source) => source === String(cell).toLowerCase());
  if (found !== undefined) return found;
  throw invalid(
    `${path}, row ${row}, column 'source': ${cell === null ? "an empty cell" : `'${String(cell).slice(0, 40)}'`} is no source of labels; known are ${LABEL_SOURCES.join(", ")}.`,
  );
}
