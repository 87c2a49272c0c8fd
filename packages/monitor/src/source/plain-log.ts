/** A log with a row a decision and a column for each thing that is told of it; the other columns are features. */

import { invalid } from "@esteira/core/errors";
import { instantOf, numberOf } from "@esteira/lifecycle/evidence/cells";
import { type LogDefaults, type LoggedDecision, UNKNOWN } from "./logged-decision.ts";
import type { MappedFile, MappedRows } from "./mapped-file.ts";

/** Columns of such a log; `id`, `at` and `score` must be there. */
export const LOG_COLUMNS = [
  ...["id", "at", "event_at", "model", "version", "arm", "score", "threshold", "action", "latency_ms"],
  ...["subject_1", "subject_2"],
] as const;

/** The decisions in the log's order. Throws INVALID_PARAMETER_VALUE with the row and column of the first cell that is wrong. */
export async function* readPlainLog(file: MappedFile, defaults: LogDefaults): AsyncGenerator<LoggedDecision> {
  for (const name of ["id", "at", "score"])
    if (!file.names.includes(file.nameOf(name)))
      throw invalid(
        `${file.path} has no column '${file.nameOf(name)}' (it has ${file.names.join(", ")}): map one to it, as in ${name}=transfer.`,
      );
  if (defaults.model === undefined && !file.names.includes(file.nameOf("model")))
    throw invalid(`${file.path} has no column '${file.nameOf("model")}': say whose decisions they are with --model.`);
  const taken = new Set(LOG_COLUMNS.map((name) => file.nameOf(name)));
  const names = file.names.filter((name) => !taken.has(name)).map((name) => name.replace(/^f\./, ""));
  const own = file.names.filter((name) => !taken.has(name));
  for await (const rows of file.rows())
    for (let at = 0; at < rows.rowCount; at++) {
      const values = own.map((name) => plain(rows.cells(name)?.[at]));
      yield { ...decisionOf(file, rows, at, defaults), names, values };
    }
}

function decisionOf(file: MappedFile, rows: MappedRows, at: number, defaults: LogDefaults) {
  const cell = (name: (typeof LOG_COLUMNS)[number]): unknown => rows.cells(name)?.[at] ?? null;
  const place = (name: string) => ({ file: file.path, column: file.nameOf(name), row: rows.firstRow + at });
  const text = (name: (typeof LOG_COLUMNS)[number]) => (isNone(cell(name)) ? null : String(cell(name)));
  const number = (name: (typeof LOG_COLUMNS)[number]) =>
    isNone(cell(name)) ? null : numberOf(cell(name), place(name));
  const instant = (name: (typeof LOG_COLUMNS)[number]) => instantOf(cell(name), place(name));
  const id = text("id");
  if (id === null)
    throw invalid(
      `${file.path}, row ${rows.firstRow + at}, column '${file.nameOf("id")}': the cell is empty; expected the decision's id.`,
    );
  return {
    ...{ id, at: instant("at"), eventAt: isNone(cell("event_at")) ? null : instant("event_at") },
    model: {
      name: text("model") ?? defaults.model ?? UNKNOWN,
      version: text("version") ?? defaults.version ?? UNKNOWN,
    },
    ...{ arm: text("arm"), score: number("score"), threshold: number("threshold") ?? defaults.threshold ?? null },
    ...{ action: text("action"), latencyMs: number("latency_ms"), weight: 1 },
    subjects: [text("subject_1"), text("subject_2")].filter((subject) => subject !== null),
  };
}

const isNone = (cell: unknown): boolean => cell === null || cell === undefined || cell === "";

const NUMBER = /^-?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** Texts of a CSV that are numbers become numbers. */
const plain = (cell: unknown): unknown => (typeof cell === "string" && NUMBER.test(cell) ? Number(cell) : cell);
