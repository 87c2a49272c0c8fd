/** Brings sealed decision records into a ledger: all that is new since the last time, each once. */

import { realpath } from "node:fs/promises";
import { type ChainFault, readErasures, type StoredDecision } from "@esteira/models/decisions/chain";
import { followSegment, SEGMENT_START } from "@esteira/models/decisions/follow-segment";
import { openStored } from "@esteira/models/decisions/read-decision";
import { SLOT_BYTES } from "@esteira/models/decisions/sealing";
import { existingSegments, readKeys } from "@esteira/models/decisions/segments";
import { REASONS } from "./columns.ts";
import { eraseRows, takeBack } from "./follow-records.ts";
import type { LedgerRow } from "./ledger-row.ts";
import { type LedgerWriter, openLedgerWriter } from "./ledger-writer.ts";
import { dayOf } from "./parts.ts";
import { openPseudonyms, type Pseudonyms } from "./pseudonyms.ts";
import { checkShare, weightOf } from "./sampling.ts";
import { type LedgerState, readState } from "./state.ts";
import { holdLedger, keepUp, keptFrom, type Upkeep } from "./upkeep.ts";

export interface CollectOptions {
  readonly ledger: string;
  /** The folder of the sealed records, as the service writes them. */
  readonly decisions: string;
  /** Share of the decisions that were no alert to keep, above 0 and at most 1; all unless given. Alerts are always kept. */
  readonly share?: number;
  /** Whole days that are kept; all unless given. */
  readonly keepDays?: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Rows that are written at once: what bounds the memory. */
  readonly batchRows?: number;
}

export interface Collected extends Upkeep {
  readonly rows: number;
  /** Decisions that the rule of sampling left out. */
  readonly sampledOut: number;
  /** Decisions from before the days that are kept. */
  readonly tooOld: number;
  /** Decisions that the service could not keep, as its records say. */
  readonly missed: number;
  /** Rows of earlier times whose personal data were erased now. */
  readonly erased: number;
  readonly files: number;
  /** Where records are not what was written: nothing after it in its segment is collected. */
  readonly faults: readonly ChainFault[];
}

const BATCH_ROWS = 16_384;

/**
 * Throws RESOURCE_DOES_NOT_EXIST where there are no records, INVALID_PARAMETER_VALUE while another process fills the ledger. Whenever the process dies,
 * the next time goes on: no decision is doubled or lost.
 */
export async function collectDecisions(options: CollectOptions): Promise<Collected> {
  const { ledger, decisions, now, keepDays, batchRows = BATCH_ROWS } = options;
  const share = checkShare(options.share ?? 1);
  const segments = await existingSegments(decisions);
  return holdLedger(ledger, async () => {
    const state = await readState(ledger);
    // Before any key is read: what is erased from here on is found the next time.
    const folder = await realpath(decisions);
    const { erasures } = await readErasures(decisions);
    const erased = await eraseRows(ledger, erasures.slice(state.erasures[folder] ?? 0));
    await takeBack(ledger, decisions, state);
    state.erasures[folder] = erasures.length;
    const writer = openLedgerWriter(ledger);
    const counts = { rows: 0, sampledOut: 0, tooOld: 0, missed: 0 };
    const faults: ChainFault[] = [];
    const context = { ...{ decisions, state, writer, counts, share, batchRows }, from: keptFrom(now, keepDays) };
    const pseudonyms = openPseudonyms(ledger);
    for (const segment of segments) {
      const fault = await collectSegment(segment, context, pseudonyms);
      if (fault !== undefined) faults.push(fault);
    }
    await writer.flush(state);
    return { ...counts, erased, faults, files: writer.parts, ...(await keepUp(ledger, now, keepDays)) };
  });
}

interface Context {
  readonly decisions: string;
  readonly state: LedgerState;
  readonly writer: LedgerWriter;
  readonly counts: { rows: number; sampledOut: number; tooOld: number; missed: number };
  readonly share: number;
  readonly batchRows: number;
  readonly from: number;
}

async function collectSegment(
  segment: string,
  { decisions, state, writer, counts, share, batchRows, from }: Context,
  pseudonyms: Pseudonyms,
): Promise<ChainFault | undefined> {
  let keys: Buffer = Buffer.alloc(0);
  for await (const told of followSegment(decisions, segment, state.segments[segment] ?? SEGMENT_START)) {
    if (!("position" in told)) return told;
    const { decision: stored, missed, at, position } = told;
    if (missed > 0) {
      counts.missed += missed;
      state.missed[dayOf(at)] = (state.missed[dayOf(at)] ?? 0) + missed;
    }
    if (stored !== undefined) {
      const weight = weightOf(stored.entry, share);
      if (stored.entry.at < from) counts.tooOld++;
      else if (weight === undefined) counts.sampledOut++;
      else {
        // Keys are written before the records that need them.
        if ((stored.entry.slot + 1) * SLOT_BYTES > keys.length) keys = await readKeys(decisions, segment);
        const { at: decidedAt } = stored.entry;
        const opening = pseudonyms.open(decidedAt) ?? writer.open(decidedAt);
        // Waiting for nothing would cost as much as the rest.
        if (opening !== undefined) {
          await opening;
          await writer.open(decidedAt);
        }
        const row = rowOf(stored, keys, weight, pseudonyms);
        if (row === undefined)
          return { where: segment, sequence: stored.entry.sequence, problem: "is not what was sealed" };
        if (writer.add(row)) counts.rows++;
      }
    }
    state.segments[segment] = position;
    if (writer.waiting >= batchRows) await writer.flush(state);
  }
  return undefined;
}

/** The row of a record; without what is personal where its key is gone; undefined where the record is not what was sealed. */
function rowOf(stored: StoredDecision, keys: Buffer, weight: number, pseudonyms: Pseudonyms): LedgerRow | undefined {
  const { entry, segment, shown } = stored;
  const opened = openStored(stored, keys);
  if (opened === "changed") return undefined;
  const open = {
    ...{ id: entry.id, at: entry.at, eventAt: entry.event_at, model: entry.model, arm: entry.arm ?? null },
    ...{ score: entry.score, threshold: entry.threshold, action: entry.action, latencyMs: entry.latency_ms },
    ...{ weight, source: segment, sequence: entry.sequence, slot: entry.slot, names: namesOf(shown) },
  };
  if (opened === "erased") return { ...open, subjects: [], reasons: [], erased: true, values: [] };
  const { subjects, reasons, values } = opened;
  return {
    ...open,
    subjects: subjects.map((subject) => pseudonyms.of(subject, entry.at)),
    reasons: reasons.slice(0, REASONS),
    erased: false,
    values,
  };
}

/** One list for all records under the same model entry. */
const names = new WeakMap<StoredDecision["shown"], readonly string[]>();
function namesOf(shown: StoredDecision["shown"]): readonly string[] {
  const known = names.get(shown) ?? shown.columns.map(({ name }) => name);
  names.set(shown, known);
  return known;
}
