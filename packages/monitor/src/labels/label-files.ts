/** The files of the labels' ledger: one a batch, never changed. */

import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { openSource } from "@esteira/models/batch/open-source";
import type { LedgerColumn } from "../ledger/columns.ts";
import { writePart } from "../ledger/part-writer.ts";
import type { KeptLabel, LabelSource, LabelValue } from "./label.ts";

const FILE = /^labels-(\d{6,})\.parquet$/;

export const labelsFolder = (ledger: string): string => join(ledger, "labels");

const COLUMNS: readonly LedgerColumn[] = [
  { name: "decision_id", kind: "text" },
  { name: "label", kind: "text" },
  { name: "source", kind: "text" },
  { name: "event_time", kind: "instant" },
  { name: "report_time", kind: "instant" },
  { name: "known_at", kind: "instant" },
  { name: "typology", kind: "text" },
  { name: "amount", kind: "number" },
  { name: "recorded_at", kind: "instant" },
  { name: "revision", kind: "whole" },
];

async function fileNames(ledger: string): Promise<readonly string[]> {
  const names = await readdir(labelsFolder(ledger)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  return names.filter((name) => FILE.test(name)).sort();
}

/** All labels, in the order in which they were entered. */
export async function* readLabels(ledger: string): AsyncGenerator<KeptLabel> {
  for (const name of await fileNames(ledger)) {
    const source = await openSource(join(labelsFolder(ledger), name), "parquet", { wanted: () => true });
    for await (const { names, columns, rowCount } of source.batches(0)) {
      const at = new Map(names.map((column, i) => [column, columns[i]]));
      const text = (column: string, row: number) => nullable(at.get(column)?.[row], String);
      const instant = (column: string, row: number) => nullable(at.get(column)?.[row], Number);
      for (let row = 0; row < rowCount; row++)
        yield {
          decisionId: text("decision_id", row) ?? "",
          label: text("label", row) as LabelValue,
          source: text("source", row) as LabelSource,
          eventTime: instant("event_time", row),
          reportTime: instant("report_time", row),
          knownAt: instant("known_at", row) ?? Number.NaN,
          typology: text("typology", row),
          amount: nullable(at.get("amount")?.[row], Number),
          recordedAt: instant("recorded_at", row) ?? Number.NaN,
          revision: Number(at.get("revision")?.[row]),
        };
    }
  }
}

const nullable = <T>(cell: unknown, of: (cell: unknown) => T): T | null =>
  cell === null || cell === undefined ? null : of(cell);

/** Enters a batch: it is on the disk, whole, when the call returns. */
export async function writeLabels(ledger: string, labels: readonly KeptLabel[]): Promise<void> {
  const last = (await fileNames(ledger)).at(-1);
  const number = Number(FILE.exec(last ?? "")?.[1] ?? 0) + 1;
  await writePart(join(labelsFolder(ledger), `labels-${String(number).padStart(6, "0")}.parquet`), COLUMNS, undefined, [
    [
      labels.map(({ decisionId }) => decisionId),
      labels.map(({ label }) => label),
      labels.map(({ source }) => source),
      labels.map(({ eventTime }) => eventTime),
      labels.map(({ reportTime }) => reportTime),
      labels.map(({ knownAt }) => knownAt),
      labels.map(({ typology }) => typology),
      labels.map(({ amount }) => amount),
      labels.map(({ recordedAt }) => recordedAt),
      labels.map(({ revision }) => revision),
    ],
  ]);
}
