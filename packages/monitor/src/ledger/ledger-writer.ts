/** Fills a ledger: rows into the files of their days, each row once whenever the process dies. */

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type LedgerRow, tableOf } from "./ledger-row.ts";
import { writePart } from "./part-writer.ts";
import { dayFolder, dayOf, listParts, nextPartName } from "./parts.ts";
import { type LedgerState, writeState } from "./state.ts";

export interface LedgerWriter {
  /** Takes a row; false for one that its day has already. Rows of a source come in its order. */
  add(row: LedgerRow): Promise<boolean>;
  /** Rows that wait. */
  readonly waiting: number;
  /**
   * Puts what waits on the disk: the files of the days first, then how far their sources were read. A process that dies between the two reads the
   * sources again from where it was, and the files say which of their rows they have.
   */
  flush(state: LedgerState): Promise<void>;
  /** Files that were written. */
  readonly parts: number;
}

export function openLedgerWriter(ledger: string): LedgerWriter {
  let waiting: LedgerRow[] = [];
  let parts = 0;
  const known = new Map<string, Map<string, number>>();

  /** The last entry of each source that the day's files have. */
  const entered = async (day: string): Promise<Map<string, number>> => {
    let last = known.get(day);
    if (last === undefined) {
      last = new Map();
      for (const { notes } of await listParts(ledger, day))
        for (const [source, to] of Object.entries(notes.sources)) last.set(source, Math.max(last.get(source) ?? 0, to));
      known.set(day, last);
    }
    return last;
  };

  const writeDay = async (day: string, rows: readonly LedgerRow[]): Promise<void> => {
    const sources: Record<string, number> = {};
    for (const { source, sequence } of rows) sources[source] = sequence;
    const { columns, rows: cells, models } = tableOf(rows);
    const folder = dayFolder(ledger, day);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const notes = { format: 1 as const, sources, replaces: [], models: [...models] };
    await writePart(join(folder, await nextPartName(ledger, day)), columns, notes, [cells]);
    const last = await entered(day);
    for (const [source, to] of Object.entries(sources)) last.set(source, to);
    parts++;
  };

  return {
    get waiting() {
      return waiting.length;
    },
    get parts() {
      return parts;
    },
    async add(row) {
      const last = (await entered(dayOf(row.at))).get(row.source);
      if (last !== undefined && row.sequence <= last) return false;
      waiting.push(row);
      return true;
    },
    async flush(state) {
      const days = new Map<string, LedgerRow[]>();
      for (const row of waiting) {
        const day = dayOf(row.at);
        const rows = days.get(day);
        if (rows === undefined) days.set(day, [row]);
        else rows.push(row);
      }
      for (const day of [...days.keys()].sort()) await writeDay(day, days.get(day) ?? []);
      waiting = [];
      await writeState(ledger, state);
    },
  };
}
