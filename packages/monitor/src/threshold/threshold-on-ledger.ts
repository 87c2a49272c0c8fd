/** A threshold chosen by costs and the analysts' time, and tried on what a ledger holds before anybody is decided by it. */

import { invalid } from "@esteira/core/errors";
import { chooseThreshold } from "@esteira/lifecycle/threshold/choose-threshold";
import type { DecidedDays, DecidedRows } from "@esteira/lifecycle/threshold/decided-rows";
import { simulateThreshold, type ThresholdSimulation } from "@esteira/lifecycle/threshold/simulate-threshold";
import type { AlertCosts } from "@esteira/models/evaluation/cost";
import type { KeptLabel } from "../labels/label.ts";
import { labelsAsOf } from "../labels/labels-as-of.ts";
import { existingDays } from "../ledger/parts.ts";
import { CategoryCodes } from "../report/category-codes.ts";
import { type LedgerRows, moneyOf, readLedgerRows } from "../report/ledger-rows.ts";
import { type ModelChoice, type ModelInSpan, modelInSpan } from "../report/model-in-span.ts";
import { readSteadily, type Span } from "../report/span.ts";

export interface ThresholdOptions extends ModelChoice {
  readonly ledger: string;
  /** Nothing that became known later is seen. Milliseconds. */
  readonly asOf: number;
  readonly window: Span;
  /** The feature that is the amount of money, where labels do not say it. */
  readonly amount?: string | undefined;
  readonly costs: AlertCosts;
  /** Alerts that the analysts can work in a day. */
  readonly perDay?: number | undefined;
  /** Days after which a label counts as known for good. */
  readonly maturityDays: number;
  /** Chosen by the costs unless given. */
  readonly threshold?: number | undefined;
}

export interface ThresholdTrial {
  readonly model: Pick<ModelInSpan, "name" | "version" | "digest">;
  readonly asOf: number;
  readonly window: Span;
  readonly costs: AlertCosts;
  readonly perDay: number | null;
  /** Who or what has chosen it. */
  readonly chosenBy: "person" | "cost" | "capacity";
  readonly simulation: ThresholdSimulation;
}

const DAY = 86_400_000;

/** Throws RESOURCE_DOES_NOT_EXIST where there is no ledger, INVALID_PARAMETER_VALUE where its decisions cannot tell. */
export async function tryThreshold(options: ThresholdOptions): Promise<ThresholdTrial> {
  await existingDays(options.ledger);
  return readSteadily(() => trial(options));
}

async function trial(options: ThresholdOptions): Promise<ThresholdTrial> {
  const { ledger, asOf, window, amount, costs, perDay, maturityDays } = options;
  const { name, version, digest } = await modelInSpan(ledger, window, options);
  const read = { model: { name, version }, amount, mostSampled: 0, codes: new CategoryCodes() };
  const rows = await readLedgerRows(ledger, window, read);
  if (rows.ids.length === 0)
    throw invalid(`${name} version ${version} decided nothing in this window: give another with --window.`);
  const before = rows.threshold;
  if (before === null)
    throw invalid(`No decision of ${name} version ${version} says its threshold, so there is none to change.`);
  const decided = decidedRows(rows, await labelsAsOf(ledger, asOf), window.from);
  if (!decided.amount.some((money) => money > 0))
    throw invalid("No decision or label says an amount of money: name the feature that is it with amount in the file.");
  const days = Math.ceil((window.to - window.from) / DAY);
  const matureDays = Math.min(days, Math.max(0, Math.floor((asOf - window.from) / DAY - maturityDays)));
  const span: DecidedDays = { days, matureDays };
  const chosen =
    options.threshold === undefined
      ? chooseThreshold(decided, span, { costs, perDay })
      : { threshold: options.threshold, by: "person" as const };
  return {
    ...{ model: { name, version, digest }, asOf, window, costs, perDay: perDay ?? null, chosenBy: chosen.by },
    simulation: simulateThreshold(decided, span, { before, after: chosen.threshold, costs }),
  };
}

function decidedRows(
  { ids, time, score, alerted, amount, weight }: LedgerRows,
  labels: ReadonlyMap<string, KeptLabel>,
  from: number,
): DecidedRows {
  const known = ids.map((id) => labels.get(id));
  return {
    ...{ score, alerted, weight },
    amount: Float64Array.from(known, (label, row) => moneyOf(label, amount[row]!)),
    day: Int32Array.from(time, (at) => Math.floor((at - from) / DAY)),
    fraud: Uint8Array.from(known, (label) => (label?.label === "fraud" ? 1 : 0)),
    labelled: Uint8Array.from(known, (label) => (label === undefined ? 0 : 1)),
  };
}
