import { averagePrecision } from "@esteira/models/evaluation/average-precision";
import { rocAuc } from "@esteira/models/evaluation/roc-auc";
import { fitLogisticRegression } from "@esteira/models/training/logistic-regression";
import { describe, expect, it } from "vitest";
import { randomLedger } from "../features/random-ledger.testing.ts";
import { ingestFile } from "../ledger/ingest/ingest.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { cardPrecision } from "./card-precision.ts";
import { computeHandbookFeatures } from "./features.ts";
import { splitHandbook } from "./protocol.ts";
import { PUBLISHED_COUNTS, PUBLISHED_RESULTS } from "./published.ts";

const DAY = 86_400_000;

describe("the handbook's features", () => {
  it("are what their definitions say, row by row", () => {
    const ledger = randomLedger({ rows: 900, accounts: 20, devices: 5, seed: 4, step: 2 * 3_600_000, fraudShare: 0.2 });
    const { time, payer, payee, amountCents } = ledger.transfers;
    const table = computeHandbookFeatures(ledger);
    for (let row = 0; row < ledger.rows; row += 7) {
      const expected = [amountCents[row]! / 100];
      const local = new Date(time[row]! + ledger.utcOffset);
      expected.push([0, 6].includes(local.getUTCDay()) ? 1 : 0, local.getUTCHours() <= 6 ? 1 : 0);
      const until = Array.from({ length: row + 1 }, (_, index) => index);
      for (const days of [1, 7, 30]) {
        const own = until.filter((at) => payer[at] === payer[row] && time[at]! > time[row]! - days * DAY);
        expected.push(own.length, own.reduce((sum, at) => sum + amountCents[at]!, 0) / own.length / 100);
      }
      for (const days of [1, 7, 30]) {
        const [from, to] = [time[row]! - (7 + days) * DAY, time[row]! - 7 * DAY];
        const old = until.filter((at) => payee[at] === payee[row] && time[at]! > from && time[at]! <= to);
        const frauds = old.filter((at) => ledger.labels.fraud[at] === 1).length;
        expected.push(old.length, old.length > 0 ? frauds / old.length : 0);
      }
      const width = table.names.length;
      expect([...table.values.subarray(row * width, (row + 1) * width)]).toEqual(expected.map(Math.fround));
    }
  });
});

/** Ten transfers a day by customers 0..9, from the first day of the protocol, with the frauds given as [day, customer]. */
const tinyLedger = (days: number, frauds: readonly (readonly [number, number])[]): Ledger => {
  const base = randomLedger({ rows: days * 10, accounts: 20, devices: 1, seed: 1, step: 1 });
  for (let row = 0; row < base.rows; row++) {
    base.transfers.time[row] = Date.UTC(2018, 6, 25) + Math.floor(row / 10) * DAY + (row % 10) * 1000;
    base.transfers.payer[row] = row % 10;
  }
  base.labels.fraud.fill(0);
  for (const [day, customer] of frauds) base.labels.fraud[day * 10 + customer] = 1;
  return base;
};

describe("the handbook's split", () => {
  it("leaves victims of the training week out of the test week, and later ones a week and a day after", () => {
    const { train, test } = splitHandbook(
      tinyLedger(21, [
        [3, 0],
        [7, 1],
        [12, 2],
        [13, 3],
        [15, 4],
      ]),
    );
    expect([...train]).toEqual(Array.from({ length: 70 }, (_, row) => row));
    const daysOf = (customer: number) =>
      [...test].filter((row) => row % 10 === customer).map((row) => Math.floor(row / 10));
    expect(daysOf(0)).toEqual([]);
    expect(daysOf(1)).toEqual([14]);
    expect(daysOf(2)).toEqual([14, 15, 16, 17, 18, 19]);
    // A fraud of the delay week's last day would leave after the test week; one of the test week itself does not count.
    expect(daysOf(3)).toEqual([14, 15, 16, 17, 18, 19, 20]);
    expect(daysOf(4)).toEqual([14, 15, 16, 17, 18, 19, 20]);
  });

  it("refuses a ledger that does not span the protocol's weeks", () => {
    expect(() => splitHandbook(tinyLedger(20, []))).toThrow(/no transfers on 2018-08-14.*the handbook's own file/);
  });
});

describe("card precision", () => {
  const days = [1, 1, 1, 1, 2, 2, 2];
  const customers = [7, 7, 8, 9, 7, 8, 9];
  const labels = [0, 1, 0, 1, 1, 0, 1];

  it("takes each customer's highest score and label, and blocks those caught", () => {
    const found = cardPrecision({ days, customers, labels, scores: [0.9, 0.1, 0.5, 0.2, 0.9, 0.3, 0.2] }, 1);
    // Day 1: customer 7 is checked and caught. Day 2: 7 is gone, so 8 is checked, in vain.
    expect(found.byDay).toEqual([
      { day: 1, caught: 1, compromised: 2 },
      { day: 2, caught: 0, compromised: 1 },
    ]);
    expect(found.mean).toBe(0.5);
    expect(found.ceiling).toBe(1);
  });

  it("has a ceiling below one where fewer than k customers are compromised", () => {
    const found = cardPrecision({ days, customers, labels, scores: labels }, 4);
    expect(found.mean).toBe(0.25);
    expect(found.ceiling).toBe(0.25);
  });

  it("does not let the order of rows decide between equal scores", () => {
    const scores = days.map(() => 0.5);
    const forward = cardPrecision({ days, customers, labels, scores }, 2);
    const back = cardPrecision(
      { days: days.toReversed(), customers: customers.toReversed(), labels: labels.toReversed(), scores },
      2,
    );
    expect(back).toEqual(forward);
  });
});

const file = process.env.ESTEIRA_FDH_PARQUET;
if (file === undefined) {
  console.info(
    "The handbook's file is not tested: set ESTEIRA_FDH_PARQUET to its path (its licence keeps it out of here).",
  );
}

describe.skipIf(file === undefined)("the handbook's own file", () => {
  it("gives the published counts, and the published results of logistic regression", { timeout: 300_000 }, async () => {
    const ledger = await ingestFile(file ?? "", { mapping: "fdh" });
    const table = computeHandbookFeatures(ledger);
    const { train, test } = splitHandbook(ledger);
    const take = (rows: Int32Array) => {
      const width = table.names.length;
      const values = new Float32Array(rows.length * width);
      for (const [at, row] of rows.entries()) {
        values.set(table.values.subarray(row * width, (row + 1) * width), at * width);
      }
      const labels = Uint8Array.from(rows, (row) => ledger.labels.fraud[row]!);
      return { featureNames: table.names, rows: rows.length, values, labels };
    };
    const [training, testing] = [take(train), take(test)];
    const counts = (labels: Uint8Array) => ({ rows: labels.length, frauds: labels.reduce((sum, y) => sum + y, 0) });
    expect(counts(training.labels)).toEqual(PUBLISHED_COUNTS.train);
    expect(counts(testing.labels)).toEqual(PUBLISHED_COUNTS.test);

    const model = await fitLogisticRegression(training);
    const scores = model.predict(testing.values, testing.rows);
    const cards = cardPrecision(
      {
        days: Int32Array.from(test, (row) => Math.floor(ledger.transfers.time[row]! / DAY)),
        customers: Int32Array.from(test, (row) => ledger.transfers.payer[row]!),
        labels: testing.labels,
        scores,
      },
      100,
    );
    const published = PUBLISHED_RESULTS.find((result) => result.model === "logistic regression")!;
    for (const [value, wanted] of [
      [rocAuc(scores, testing.labels), published.aucRoc],
      [averagePrecision(scores, testing.labels), published.averagePrecision],
      [cards.mean, published.cardPrecision100],
    ] as const) {
      expect(Math.abs(value - wanted)).toBeLessThan(0.001);
    }
    expect(cards.ceiling).toBeGreaterThan(cards.mean);
  });
});
