import { averagePrecision } from "@esteira/models/evaluation/average-precision";
import { rocAuc } from "@esteira/models/evaluation/roc-auc";
import { fitLogisticRegression } from "@esteira/models/training/logistic-regression";
import { describe, expect, it } from "vitest";
import { randomLedger } from "../features/random-ledger.testing.ts";
import { ingestFile } from "../ledger/ingest/ingest.ts";
import { cardPrecision, cardPrecisionInterval } from "./card-precision.ts";
import { computeHandbookFeatures } from "./features.ts";
import { splitHandbook } from "./protocol.ts";
import { PUBLISHED_COUNTS, PUBLISHED_RESULTS } from "./published.ts";
import { prepareHandbookStudy } from "./study.ts";
import { tinyLedger } from "./tiny-ledger.testing.ts";

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

describe("the handbook's study", () => {
  const ledger = tinyLedger(40, [
    [3, 0],
    [8, 1],
    [16, 2],
    [30, 3],
  ]);
  const study = prepareHandbookStudy(ledger);

  it("has the protocol's weeks, without known victims in the test week, and what comes after them", () => {
    expect([study.train.rows, study.validation.rows]).toEqual([70, 70]);
    // Customer 0 leaves seven test days, customer 1 all but the first and second.
    expect(study.test.rows).toBe(70 - 7 - 5);
    expect([...study.testRows.clusters].filter((customer) => customer === 1)).toHaveLength(2);
    expect(study.ledger.rows).toBe(400 - 12);
    const { timeline } = study;
    expect(new Date(timeline.asOf).toISOString()).toBe("2018-08-22T00:00:00.000Z");
    expect(timeline.live.to - timeline.live.from).toBeGreaterThan(11 * DAY);
    expect(
      prepareHandbookStudy(
        tinyLedger(21, [
          [3, 0],
          [8, 1],
          [16, 2],
        ]),
      ).timeline.live,
    ).toEqual({
      from: timeline.asOf,
      to: timeline.asOf,
    });
  });

  it("keeps each row's own features and labels, computed over the whole history", () => {
    const whole = computeHandbookFeatures(ledger);
    const width = whole.names.length;
    const ids = new Map(Array.from({ length: ledger.rows }, (_, row) => [ledger.idOf(row), row]));
    for (let at = 0; at < study.ledger.rows; at++) {
      const row = ids.get(study.ledger.idOf(at))!;
      expect(study.ledger.transfers.time[at]).toBe(ledger.transfers.time[row]);
      expect(study.ledger.labels.fraud[at]).toBe(ledger.labels.fraud[row]);
      expect(study.table.values.subarray(at * width, (at + 1) * width)).toEqual(
        whole.values.subarray(row * width, (row + 1) * width),
      );
    }
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

  it("has an interval around it, the same for the same seed", () => {
    const many = Array.from({ length: 600 }, (_, row) => row);
    const input = {
      days: many.map((row) => row % 3),
      customers: many.map((row) => row % 120),
      labels: many.map((row) => ((row % 120) % 10 === 0 ? 1 : 0)),
      scores: many.map((row) => ((row * 7919) % 600) / 600 + ((row % 120) % 10 === 0 ? 0.4 : 0)),
    };
    const { mean } = cardPrecision(input, 20);
    const interval = cardPrecisionInterval(input, 20, { replicates: 200, seed: 3 });
    expect(interval.low).toBeLessThan(mean);
    expect(interval.high).toBeGreaterThan(mean);
    expect(interval.high).toBeLessThanOrEqual(1);
    expect(cardPrecisionInterval(input, 20, { replicates: 200, seed: 3 })).toEqual(interval);
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
    expect(ledger.rows).toBe(1_754_155);
    expect(ledger.labels.fraud.reduce((sum, label) => sum + label, 0)).toBe(14_681);
    expect(ledger.accounts).toBe(4990 + 10_000);
    expect(ledger.typologies).toEqual(["none", "scenario_1", "scenario_2", "scenario_3"]);
    const study = prepareHandbookStudy(ledger);
    const counts = (labels: Uint8Array) => ({ rows: labels.length, frauds: labels.reduce((sum, y) => sum + y, 0) });
    expect(counts(study.train.labels)).toEqual(PUBLISHED_COUNTS.train);
    expect(counts(study.test.labels)).toEqual(PUBLISHED_COUNTS.test);

    const model = await fitLogisticRegression(study.train);
    const scores = model.predict(study.test.values, study.test.rows);
    const { labels, days, clusters: customers } = study.testRows;
    const cards = cardPrecision({ days, customers, labels, scores }, 100);
    const published = PUBLISHED_RESULTS.find((result) => result.model === "logistic regression")!;
    expect({
      aucRoc: rocAuc(scores, labels).toFixed(3),
      averagePrecision: averagePrecision(scores, labels).toFixed(3),
      cardPrecision100: cards.mean.toFixed(3),
    }).toEqual({
      aucRoc: published.aucRoc.toFixed(3),
      averagePrecision: published.averagePrecision.toFixed(3),
      cardPrecision100: published.cardPrecision100.toFixed(3),
    });
    expect(cards.ceiling).toBeGreaterThan(cards.mean);
  });
});
