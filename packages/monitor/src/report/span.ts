/** Rows of a span of time, of whatever files hold them. */

import { EsteiraError } from "@esteira/core/errors";
import { dayOf, listDays, listParts, type Part } from "../ledger/parts.ts";
import { type PartRows, readRows } from "../ledger/read-rows.ts";

/** Half-open, milliseconds since the epoch. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

const DAY_MS = 86_400_000;
const TIMES = new Set(["at", "event_at"]);

export interface SpanRows {
  readonly part: Part;
  readonly rows: PartRows;
  /** When what each row is about happened; when it was decided where that is unknown. */
  readonly times: Float64Array;
}

/** The parts that may hold rows of the span: what happened in it was decided at most a day later. */
export async function partsOf(ledger: string, { from, to }: Span): Promise<readonly Part[]> {
  const [first, last] = [dayOf(from), dayOf(to + DAY_MS)];
  const days = (await listDays(ledger)).filter((day) => day >= first && day <= last);
  const parts: Part[] = [];
  for (const day of days) parts.push(...(await listParts(ledger, day)));
  return parts;
}

/** Rows with the wanted columns. Those outside of the span are among them: look at `times`. */
export async function* spanRows(parts: readonly Part[], wanted: (name: string) => boolean): AsyncGenerator<SpanRows> {
  for (const part of parts)
    for await (const rows of readRows(part, (name) => TIMES.has(name) || wanted(name))) {
      const [at, eventAt] = [rows.cells("at"), rows.cells("event_at")];
      yield {
        part,
        rows,
        times: Float64Array.from({ length: rows.rowCount }, (_, row) => Number(eventAt?.[row] ?? at?.[row])),
      };
    }
}

const ATTEMPTS = 5;

/** Reads again when files were merged while they were read: what was read until then is not used. */
export async function readSteadily<T>(read: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await read();
    } catch (error) {
      const isMoved = error instanceof EsteiraError && error.code === "RESOURCE_DOES_NOT_EXIST";
      if (!isMoved || attempt === ATTEMPTS) throw error;
    }
  }
}
