/** The world of a story, with its features: what each day's transfers are, and when it becomes known which of them were frauds. */

import { computeFeatures, type FeatureTable } from "../features/offline.ts";
import { loadLedger } from "../job/load-ledger.ts";
import { parseOptions } from "../job/options.ts";
import { DAY, type Span } from "../job/timeline.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { type RowRange, rowsIn } from "../training/rows.ts";
import { BEFORE, LATE, type StoryOptions } from "./story-options.ts";

export interface StoryWorld {
  readonly ledger: Ledger;
  readonly table: FeatureTable;
  /** Midnight (UTC) of the first day of service. */
  readonly begin: number;
  /** The first day with the late kind of fraud, counted from that one. */
  readonly lateDay: number;
  /** Index of that kind in the ledger's typologies. */
  readonly lateCode: number;
}

/** What `prepare` of the project is given, so that it makes the same world. */
export const worldParameters = ({ transfers, days, seed }: StoryOptions) => ({
  transfers,
  days: BEFORE + days,
  seed,
  late: LATE,
});

export async function makeWorld(options: StoryOptions): Promise<StoryWorld> {
  const flags = Object.entries(worldParameters(options)).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const ledger = await loadLedger(parseOptions(flags, false)!);
  const first = Math.floor(ledger.transfers.time[0]! / DAY) * DAY;
  const begin = first + BEFORE * DAY;
  const lateCode = ledger.typologies.indexOf(LATE);
  const { fraud, typology } = ledger.labels;
  const firstLate = fraud.findIndex((label, row) => label === 1 && typology[row] === lateCode);
  return {
    ...{ ledger, begin, lateCode, table: computeFeatures(ledger) },
    lateDay: Math.floor((ledger.transfers.time[firstLate]! - begin) / DAY),
  };
}

export const dayRows = ({ ledger, begin }: StoryWorld, day: number): RowRange => rowsIn(ledger, spanOf(begin, day));

const spanOf = (begin: number, day: number): Span => ({ from: begin + day * DAY, to: begin + (day + 1) * DAY });
