import { invalid } from "@esteira/core/errors";
import type { Scores } from "@esteira/models/evaluation/rows";

/** What the model decided, one row a transfer, in any order of time. */
export interface Decisions {
  /** Milliseconds since the epoch. */
  readonly time: Float64Array;
  readonly score: Scores;
  /** 1 when the transfer was alerted. */
  readonly alerted: Uint8Array;
  /** In the currency's unit (R$, not cents). */
  readonly amount: Float64Array;
  /** 1 when a fraud is or will be known. It counts only when `knownAt <= asOf`. */
  readonly fraud: Uint8Array;
  /** When the label became known, milliseconds; NaN never. */
  readonly knownAt: Float64Array;
  /** Index into the typologies' names, 0 none or not yet told; read only of known frauds. */
  readonly typology?: Uint8Array;
  /** Milliseconds; NaN not measured. */
  readonly latencyMs?: Float64Array;
  /** How many decisions each row stands for, where the rows are a sample of them; 1 each unless given. */
  readonly weight?: Float64Array;
}

export function checkDecisions(decisions: Decisions): void {
  const rows = decisions.time.length;
  for (const name of ["score", "alerted", "amount", "fraud", "knownAt", "typology", "latencyMs", "weight"] as const) {
    const column = decisions[name];
    if (column !== undefined && column.length !== rows)
      throw invalid(`decisions.${name} has ${column.length} rows but time has ${rows}; give one value a row.`);
  }
  for (let row = 0; row < rows; row++) {
    if (!Number.isFinite(decisions.time[row]!)) throw invalid(`decisions.time of row ${row} is not an instant.`);
    if (!Number.isFinite(decisions.score[row]!))
      throw invalid(`decisions.score of row ${row} is ${decisions.score[row]}; every decision has a finite score.`);
  }
}

/** Whether the fraud is known at `asOf`: a label from the future does not exist yet. */
export const isKnownFraud = (decisions: Decisions, row: number, asOf: number): boolean =>
  decisions.fraud[row] === 1 && decisions.knownAt[row]! <= asOf;
