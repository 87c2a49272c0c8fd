import { invalid } from "@esteira/core/errors";
import type { Ledger } from "../ledger/ledger.ts";

const DAY = 86_400_000;

/**
 * The protocol of the Fraud Detection Handbook's baseline (chapter 3), in whole UTC days: a week to train on, a week for
 * the labels to arrive, a week to test on. Source: Le Borgne, Siblini, Lebichot, Bontempi, "Reproducible Machine
 * Learning for Credit Card Fraud Detection - Practical Handbook", ULB, 2022.
 */
export const HANDBOOK = {
  trainStart: Date.UTC(2018, 6, 25),
  trainDays: 7,
  delayDays: 7,
  testDays: 7,
  /** Customers whom investigators can check in a day. */
  customersADay: 100,
} as const;

export interface HandbookSplit {
  /** Ledger rows to train on. */
  readonly train: Int32Array;
  /** The week between, whose labels nobody knows when the test week is scored. */
  readonly delay: Int32Array;
  /** Ledger rows to test on: those of customers already known as victims on that day are left out. */
  readonly test: Int32Array;
}

/**
 * Splits a ledger as the handbook does. A customer with a fraud in the training week leaves the whole test week, and one
 * with a fraud on the day that lies a week and a day before a test day leaves that day and those after it.
 * Throws INVALID_PARAMETER_VALUE when the ledger does not span the protocol's weeks.
 */
export function splitHandbook(ledger: Ledger): HandbookSplit {
  const { time, payer } = ledger.transfers;
  const { trainDays, delayDays, testDays, trainStart } = HANDBOOK;
  const last = trainDays + delayDays + testDays;
  const rowsOfDay: number[][] = Array.from({ length: last }, () => []);
  for (let row = 0; row < ledger.rows; row++) {
    const day = Math.floor((time[row]! - trainStart) / DAY);
    if (day >= 0 && day < last) rowsOfDay[day]!.push(row);
  }
  const empty = rowsOfDay.findIndex((rows) => rows.length === 0);
  if (empty >= 0) {
    const date = new Date(trainStart + empty * DAY).toISOString().slice(0, 10);
    throw invalid(
      `The ledger has no transfers on ${date}, but the handbook's protocol needs every day from 2018-07-25 to 2018-08-14: give it the handbook's own file.`,
    );
  }
  const train = rowsOfDay.slice(0, trainDays).flat();
  const victims = new Set<number>();
  const learn = (rows: readonly number[]): void => {
    for (const row of rows) if (ledger.labels.fraud[row] === 1) victims.add(payer[row]!);
  };
  learn(train);
  const test: number[] = [];
  for (let day = 0; day < testDays; day++) {
    // The frauds of day d are known on day d + delay, from the next morning on.
    learn(rowsOfDay[trainDays + day - 1]!);
    for (const row of rowsOfDay[trainDays + delayDays + day]!) if (!victims.has(payer[row]!)) test.push(row);
  }
  const delay = rowsOfDay.slice(trainDays, trainDays + delayDays).flat();
  return { train: Int32Array.from(train), delay: Int32Array.from(delay), test: Int32Array.from(test) };
}
