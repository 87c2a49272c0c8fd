/** Fills a ledger: rows into the files of their days, each row once whenever the process dies. */

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type LedgerRow, tableOf } from "./ledger-row.ts";
import { writePart } from "./part-writer.ts";
import { dayFolder, dayOf, listParts, nextPartName } from "./parts.ts";
import { type LedgerState, writeState } from "./state.ts";

export interface LedgerWriter {
  /** Takes a row of a day that is open; false for one that the day has already. Rows of a source come in its order. */
  add(row: LedgerRow): boolean;
  /** Opens the day of an instant: looks what its files have. Undefined where it is open. */
  open(at: number): Promise<void> | undefined;
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

  /** Learns the last entry of each source that the day's files have. */
  const learn = async (day: string): Promise<void> => {
    const last = new Map<string, number>();
    for (const { notes } of await listParts(ledger, day))
      for (const [source, to] of Object.entries(notes.sources)) last.set(source, Math.max(last.get(source) ?? 0, to));
    known.set(day, last);
  };

  const writeDay = async (day: string, rows: readonly LedgerRow[]): Promise<void> => {
    const sources: Record<string, number> = {};
    for (const { source, sequence } of rows) sources[source] = sequence;
    const { columns, rows: cells, models } = tableOf(rows);
    const folder = dayFolder(ledger, day);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const notes = { format: 1 as const, sources, replaces: [], models: [...models] };
    await writePart(join(folder, await nextPartName(ledger, day)), columns, notes, [cells]);
    for (const [source, to] of Object.entries(sources)) known.get(day)?.set(source, to);
    parts++;
  };

  return {
    get waiting() {
      return waiting.length;
    },
    get parts() {
      return parts;
    },
    open(at) {
      const day = dayOf(at);
      return known.has(day) ? undefined : learn(day);
    },
    add(row) {
      const day = known.get(dayOf(row.at));
      if (day === undefined) throw new Error(`The day of ${row.at} was not opened.`);
      const last = day.get(row.source);
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
