/** Brings somebody else's log of decisions into a ledger: the same file twice is entered once. */

import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { invalid } from "@esteira/core/errors";
import { isInferenceTable, readInferenceTable } from "../source/inference-table.ts";
import { type LogDefaults, type LoggedDecision, UNKNOWN } from "../source/logged-decision.ts";
import { type ColumnMap, openMapped } from "../source/mapped-file.ts";
import { readPlainLog } from "../source/plain-log.ts";
import type { LedgerRow } from "./ledger-row.ts";
import { openLedgerWriter } from "./ledger-writer.ts";
import { openPseudonyms, type Pseudonyms } from "./pseudonyms.ts";
import { checkShare, weightOf } from "./sampling.ts";
import { readState } from "./state.ts";
import { holdLedger, keepUp, keptFrom, type Upkeep } from "./upkeep.ts";

export interface ImportOptions extends LogDefaults {
  readonly ledger: string;
  readonly file: string;
  readonly map: ColumnMap;
  /** As `CollectOptions` has them. */
  readonly share?: number;
  readonly keepDays?: number;
  readonly now: number;
  readonly batchRows?: number;
}

export interface Imported extends Upkeep {
  readonly rows: number;
  /** Decisions of the file that the ledger has already. */
  readonly known: number;
  readonly sampledOut: number;
  readonly tooOld: number;
  /** Requests that failed: nothing was decided. */
  readonly failed: number;
  readonly files: number;
}

const BATCH_ROWS = 200_000;

/**
 * A file whose columns are those of an inference table of Databricks is read as one; another has a row a decision. The file is read to its end before
 * anything of it is entered. Throws INVALID_PARAMETER_VALUE with row and column for the first thing that is wrong; nothing is entered then.
 */
export async function importLog(options: ImportOptions): Promise<Imported> {
  const { ledger, file, now, keepDays, batchRows = BATCH_ROWS } = options;
  const share = checkShare(options.share ?? 1);
  for await (const { decision } of decisionsIn(options)) if (decision !== undefined) checkInstant(decision, file, now);
  const source = `file-${await digestOf(file)}`;
  return holdLedger(ledger, async () => {
    const state = await readState(ledger);
    const done = state.imports[source] ?? 0;
    const writer = openLedgerWriter(ledger);
    const pseudonyms = openPseudonyms(ledger);
    const from = keptFrom(now, keepDays);
    const counts = { rows: 0, known: 0, sampledOut: 0, tooOld: 0, failed: 0 };
    let sequence = 0;
    for await (const { decision } of decisionsIn(options)) {
      if (decision === undefined) {
        counts.failed++;
        continue;
      }
      sequence++;
      const kept = weightOf(decision, share);
      if (sequence <= done) counts.known++;
      else if (decision.at < from) counts.tooOld++;
      else if (kept === undefined) counts.sampledOut++;
      else {
        await pseudonyms.open(decision.at);
        await writer.open(decision.at);
        if (writer.add(rowOf(decision, kept, source, sequence, pseudonyms))) counts.rows++;
        else counts.known++;
      }
      state.imports[source] = Math.max(done, sequence);
      if (writer.waiting >= batchRows) await writer.flush(state);
    }
    await writer.flush(state);
    return { ...counts, files: writer.parts, ...(await keepUp(ledger, now, keepDays)) };
  });
}

/** The decisions of the file; undefined for a request that failed. */
async function* decisionsIn(options: ImportOptions): AsyncGenerator<{ readonly decision: LoggedDecision | undefined }> {
  const file = await openMapped(options.file, options.map);
  if (!isInferenceTable(file.names)) {
    for await (const decision of readPlainLog(file, options)) yield { decision };
    return;
  }
  for await (const { decisions, failed } of readInferenceTable(file, options)) {
    if (failed) yield { decision: undefined };
    for (const decision of decisions) yield { decision };
  }
}

const DAY_MS = 86_400_000;

/** A log of seconds read as milliseconds would fill the year 1970; one of microseconds a year far away. */
function checkInstant({ id, at }: LoggedDecision, file: string, now: number): void {
  if (at > Date.UTC(2000, 0) && at <= now + DAY_MS) return;
  const when = Math.abs(at) <= 8.64e15 ? new Date(at).toISOString() : String(at);
  throw invalid(
    `${file}, decision '${id}': it was decided at ${when}; expected an instant from 2000 to now, in milliseconds or ISO 8601.`,
  );
}

function rowOf(
  { model, subjects, weight, ...decision }: LoggedDecision,
  kept: number,
  source: string,
  sequence: number,
  pseudonyms: Pseudonyms,
): LedgerRow {
  return {
    ...decision,
    model: { ...model, digest: UNKNOWN },
    subjects: subjects.map((subject) => pseudonyms.of(subject, decision.at)),
    ...{ reasons: [], weight: weight * kept, erased: false, source, sequence, slot: null },
  };
}

async function digestOf(file: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(file)) hash.update(chunk);
  return hash.digest("hex").slice(0, 16);
}
