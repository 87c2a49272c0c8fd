import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { averagePrecision } from "./average-precision.ts";
import { bootstrap, pairedBootstrap, shareAtOrBelow } from "./bootstrap.ts";
import { alertsWithin, budgetMetrics, dailyBudgetMetrics } from "./budget.ts";
import { calibrationCurve, ece, equalMassBins, expectedObservedRatio, topCalibration } from "./calibration.ts";
import { ASSUMED_COSTS, alertGain, blockThreshold, cheapestAction, expectedCosts, realisedCost } from "./cost.ts";
import { evaluateBinary, metricKey } from "./evaluate.ts";
import { wilson } from "./interval.ts";
import { correctPrior, correctPriors } from "./prior-correction.ts";
import { Random } from "./random.ts";
import { rankDescending, tieKey, tieKeysOf } from "./ranking.ts";
import { rocAuc } from "./roc-auc.ts";
import { bestThreshold, thresholdForBudget, thresholdMetrics } from "./threshold.ts";

/** A world of `n` rows: frauds score higher by `skill`, one cluster holds about `perCluster` rows. */
function world(n: number, { prevalence = 0.01, skill = 2, perCluster = 5, seed = 1 } = {}) {
  const random = new Random(seed);
  const uniform = () => (random.next32() + 0.5) / 2 ** 32;
  const normal = () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
  const labels = new Uint8Array(n);
  const amounts = new Float64Array(n);
  const clusters = new Int32Array(n);
  const days = new Int32Array(n);
  const hidden = new Float64Array(n);
  for (let row = 0; row < n; row++) {
    labels[row] = uniform() < prevalence ? 1 : 0;
    amounts[row] = Math.exp(4 + 1.2 * normal());
    clusters[row] = random.below(Math.ceil(n / perCluster));
    days[row] = Math.floor((row * 7) / n);
    hidden[row] = normal();
  }
  const scores = Float64Array.from(hidden, (z, row) => 1 / (1 + Math.exp(-(z + skill * labels[row]! - 6))));
  return { scores, labels, amounts, clusters, days, tieKeys: tieKeysOf(n, (row) => `tx-${row}`), normal };
}

describe("ranking", () => {
  it("orders any doubles as a comparison sort does, ties by key and then by row", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.double({ noNaN: true }), fc.integer({ min: 0, max: 3 }))), (rows) => {
        const scores = Float64Array.from(rows, ([score]) => score);
        const keys = Uint32Array.from(rows, ([, key]) => key);
        const expected = rows
          .map((_, row) => row)
          .sort((a, b) => (scores[b]! > scores[a]! ? 1 : scores[b]! < scores[a]! ? -1 : keys[a]! - keys[b]! || a - b));
        expect([...rankDescending(scores, keys)]).toEqual(expected);
      }),
    );
  });

  it("spreads similar ids", () => {
    const keys = tieKeysOf(10_000, (row) => `E0000000020260101000${row}`);
    expect(new Set(keys).size).toBeGreaterThan(9_990);
    expect(tieKey("a")).not.toBe(tieKey("b"));
  });
});

describe("budget", () => {
  const rows = {
    scores: Float64Array.from([0.9, 0.8, 0.8, 0.8, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1]),
    labels: Uint8Array.from([1, 0, 1, 0, 1, 0, 0, 0, 0, 0]),
    amounts: Float64Array.from([100, 1, 300, 1, 600, 1, 1, 1, 1, 1]),
    tieKeys: Uint32Array.from([5, 9, 1, 4, 0, 0, 0, 0, 0, 0]),
  };

  it("alerts the top of the ranking, ties by key, and says how much was a tie", () => {
    const at = budgetMetrics(rows, 0.2);
    expect(at).toMatchObject({ alerts: 2, caught: 2, precision: 1, falsePositiveRate: 0, cut: 0.8, tieShare: 0.5 });
    expect(at.recall).toBeCloseTo(2 / 3, 15);
    expect(at.valueRecall).toBeCloseTo(0.4, 15);
    expect(budgetMetrics(rows, 0.4).tieShare).toBe(0);
  });

  it("never alerts more than the share allows, and one at least", () => {
    expect(alertsWithin(0.005, 399)).toBe(1);
    expect(alertsWithin(0.005, 100)).toBe(1);
    expect(alertsWithin(0.1, 30)).toBe(3);
    expect(() => budgetMetrics(rows, 0)).toThrow(/alert budget is 0/);
  });

  it("keeps the budget in each day", () => {
    const days = Int32Array.from([0, 0, 0, 0, 1, 1, 1, 1, 1, 1]);
    const order = rankDescending(rows.scores, rows.tieKeys);
    const at = dailyBudgetMetrics(order, { ...rows, days }, 0.2);
    expect(at.alerts).toBe(2);
    expect(at.caught).toBe(2); // the first of day 0, and the fraud of day 1 with the smallest key
  });
});

describe("thresholds", () => {
  it("for a budget: the lowest threshold that keeps it, on any scores", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.double({ min: 0, max: 1, noNaN: true }).map((v) => Math.round(v * 20) / 20),
          { minLength: 1 },
        ),
        fc.double({ min: 0.001, max: 1, noNaN: true }),
        (values, share) => {
          const scores = Float64Array.from(values);
          const threshold = thresholdForBudget(scores, share);
          const alerts = (t: number) => values.filter((value) => value >= t).length;
          expect(alerts(threshold)).toBeLessThanOrEqual(share * values.length + 1e-9);
          const lower = Math.max(...values.filter((value) => value < threshold), -1);
          if (lower >= 0) expect(alerts(lower)).toBeGreaterThan(share * values.length - 1e-9);
        },
      ),
    );
  });

  it("for cost: no other threshold is cheaper, within what may be alerted", () => {
    const { scores, labels, amounts } = world(2_000, { prevalence: 0.05 });
    const rows = { scores, labels, amounts };
    const gains = Float64Array.from(scores, (_, row) => alertGain(labels[row] === 1, amounts[row]!, ASSUMED_COSTS));
    const costAt = (threshold: number) => realisedCost(rows, threshold, ASSUMED_COSTS).total;
    const without = costAt(2);
    const best = bestThreshold(scores, gains);
    expect(without - costAt(best.threshold)).toBeCloseTo(best.gain, 6);
    expect(best.gain).toBeGreaterThan(0);
    for (const score of scores.subarray(0, 500))
      expect(costAt(score)).toBeGreaterThanOrEqual(without - best.gain - 1e-6);
    const limit = thresholdForBudget(scores, 0.001);
    expect(bestThreshold(scores, gains, limit).threshold).toBeGreaterThanOrEqual(limit);
    expect(bestThreshold(scores, gains.fill(-1)).threshold).toBeGreaterThan(Math.max(...scores));
  });
});

describe("calibration", () => {
  it("is near zero for honest probabilities and large for inflated ones", () => {
    const random = new Random(3);
    const n = 40_000;
    const scores = Float64Array.from({ length: n }, () => (random.next32() / 2 ** 32) ** 6);
    const labels = Uint8Array.from(scores, (p) => (random.next32() / 2 ** 32 < p ? 1 : 0));
    expect(ece(scores, labels)).toBeLessThan(0.01);
    expect(expectedObservedRatio(scores, labels)).toBeCloseTo(1, 1);
    const inflated = scores.map((p) => Math.sqrt(p));
    expect(ece(inflated, labels)).toBeGreaterThan(0.05);
    expect(expectedObservedRatio(inflated, labels)).toBeGreaterThan(1.25);
    expect(equalMassBins(scores, labels)).toHaveLength(15);
    const curve = calibrationCurve(scores, labels);
    expect(curve).toHaveLength(10);
    expect(curve.reduce((sum, bin) => sum + bin.rows, 0)).toBe(n);
    expect(curve[9]!.rows).toBeLessThan(curve[0]!.rows / 10);
    const top = topCalibration(scores, labels);
    expect(top.rows).toBe(400);
    expect(Math.abs(top.predicted - top.observed)).toBeLessThan(0.05);
  });

  it("keeps equal scores in one bin and refuses what is no probability", () => {
    expect(equalMassBins(new Float64Array(50).fill(0.2), new Uint8Array(50).fill(1, 0, 10))).toEqual([
      { rows: 50, predicted: expect.closeTo(0.2, 12), observed: 0.2, positives: 10 },
    ]);
    expect(() => ece(Float64Array.from([0.5, 1.5]), Uint8Array.from([0, 1]))).toThrow(/row 1 is 1.5/);
  });

  it("corrects the prior: there and back, and the mean follows the prevalence", () => {
    expect(correctPrior(0.5, 0.5, 0.01)).toBeCloseTo(0.01, 12);
    expect(correctPrior(correctPrior(0.3, 0.2, 0.001), 0.001, 0.2)).toBeCloseTo(0.3, 12);
    expect([...correctPriors(Float64Array.from([0, 1]), 0.2, 0.1)]).toEqual([0, 1]);
    expect(() => correctPriors(Float64Array.from([0.5]), 0, 0.1)).toThrow(/trained prevalence/);
  });
});

describe("bootstrap", () => {
  it("with every cluster once equals the plain metrics", () => {
    const rows = world(4_000);
    const options = { replicates: 100 };
    expect(bootstrap(rows, rows.scores, { metric: { name: "auc_pr" }, ...options }).value).toBe(
      averagePrecision(rows.scores, rows.labels),
    );
    expect(bootstrap(rows, rows.scores, { metric: { name: "auc_roc" }, ...options }).value).toBeCloseTo(
      rocAuc(rows.scores, rows.labels),
      12,
    );
    const at = budgetMetrics(rows, 0.01);
    for (const [name, value] of [
      ["recall", at.recall],
      ["precision", at.precision],
      ["value_recall", at.valueRecall],
    ] as const)
      expect(bootstrap(rows, rows.scores, { metric: { name, budget: 0.01 }, ...options }).value).toBeCloseTo(value, 12);
  });

  it("weights equal repeated rows: each metric on a draw is the metric of the drawn rows", () => {
    const rows = world(300, { prevalence: 0.1, perCluster: 10 });
    rows.scores.forEach((score, row) => {
      rows.scores[row] = Number(score.toPrecision(1)); // many ties
    });
    // Same seed, same dense order of clusters: the same draws.
    const dense = new Map<number, number>();
    const renamed = Int32Array.from(rows.clusters, (value) => {
      if (!dense.has(value)) dense.set(value, dense.size);
      return dense.get(value)!;
    });
    rows.clusters.set(renamed);
    const { replicates } = bootstrap(rows, rows.scores, { metric: { name: "auc_pr" }, replicates: 100, seed: 5 });
    const again = new Random(5);
    const expected = Array.from({ length: 100 }, () => {
      const picked: number[] = [];
      for (let i = 0; i < dense.size; i++) {
        const cluster = again.below(dense.size);
        renamed.forEach((value, row) => {
          if (value === cluster) picked.push(row);
        });
      }
      return averagePrecision(
        Float64Array.from(picked, (row) => rows.scores[row]!),
        Uint8Array.from(picked, (row) => rows.labels[row]!),
      );
    }).sort((a, b) => a - b);
    expect(replicates).toHaveLength(100);
    replicates.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i]!, 12);
    });
  });

  it("finds a better model better, an equal one not, and gives the same answer for the same seed", () => {
    const rows = world(20_000, { skill: 1.5 });
    const worse = Float64Array.from(rows.scores, (score) => score * Math.exp(1.2 * rows.normal()));
    const metric = { name: "recall", budget: 0.02 } as const;
    const better = pairedBootstrap(rows, { champion: worse, challenger: rows.scores }, { metric, replicates: 300 });
    expect(better.delta).toBeGreaterThan(0.03);
    expect(better.low).toBeGreaterThan(0);
    expect(better.pNotBetter).toBeLessThan(0.05);
    expect(better.low).toBeLessThan(better.delta);
    expect(better.high).toBeGreaterThan(better.delta);
    const same = pairedBootstrap(rows, { champion: worse, challenger: worse }, { metric, replicates: 100 });
    expect(same).toMatchObject({ delta: 0, low: 0, high: 0, pNotBetter: 1 });
    const again = pairedBootstrap(rows, { champion: worse, challenger: rows.scores }, { metric, replicates: 300 });
    expect(again.replicates).toEqual(better.replicates);
  });

  it("covers the truth about as often as it says", () => {
    const metric = { name: "auc_roc" } as const;
    const truth = rocAuc(world(200_000, { seed: 99 }).scores, world(200_000, { seed: 99 }).labels);
    let covered = 0;
    for (let seed = 1; seed <= 60; seed++) {
      const rows = world(1_500, { prevalence: 0.05, seed });
      const { low, high } = bootstrap(rows, rows.scores, { metric, replicates: 200, seed });
      if (low <= truth && truth <= high) covered++;
    }
    expect(covered).toBeGreaterThanOrEqual(51);
  });

  it("ranks once, so that many draws of many rows stay quick", () => {
    const rows = world(60_000, { prevalence: 0.006 });
    const challenger = Float64Array.from(rows.scores, (score) => score * Math.exp(0.1 * rows.normal()));
    const start = performance.now();
    const metric = { name: "recall", budget: 0.005 } as const;
    pairedBootstrap(rows, { champion: rows.scores, challenger }, { metric, replicates: 300 });
    // A tenth of this on an idle machine; sorting anew on each draw would take minutes.
    expect(performance.now() - start).toBeLessThan(4_000);
  });

  it("refuses what it cannot answer", () => {
    const rows = world(500, { prevalence: 0.1 });
    const metric = { name: "auc_pr" } as const;
    const one = { ...rows, clusters: new Int32Array(500) };
    expect(() => bootstrap(one, rows.scores, { metric })).toThrow(/one cluster/);
    expect(() => bootstrap(rows, rows.scores, { metric, replicates: 10 })).toThrow(/at least 100/);
    expect(() => bootstrap({ ...rows, labels: new Uint8Array(500) }, rows.scores, { metric })).toThrow(/known fraud/);
    expect(shareAtOrBelow(Float64Array.from([-1, 0, 0, 2]), 0)).toBe(0.75);
  });
});

describe("cost", () => {
  it("the block threshold is where blocking and allowing cost the same, and falls with the amount", () => {
    for (const amount of [100, 1_000, 10_000]) {
      const p = blockThreshold(amount, ASSUMED_COSTS);
      const { allow, block } = expectedCosts(p, amount, ASSUMED_COSTS);
      expect(allow).toBeCloseTo(block, 9);
    }
    expect(blockThreshold(10_000, ASSUMED_COSTS)).toBeLessThan(blockThreshold(100, ASSUMED_COSTS));
    expect(cheapestAction(0, 1_000, ASSUMED_COSTS)).toBe("allow");
    expect(cheapestAction(0.99, 1_000, ASSUMED_COSTS)).toBe("block");
  });

  it("counts money once", () => {
    const rows = {
      scores: Float64Array.from([0.9, 0.9, 0.1, 0.1]),
      labels: Uint8Array.from([1, 0, 1, 0]),
      amounts: Float64Array.from([1000, 500, 200, 50]),
    };
    const costs = { ...ASSUMED_COSTS, recovery: 0.1, margin: 0.01, falseAlert: 10, alert: 5 };
    const cost = realisedCost(rows, 0.5, costs);
    expect(cost).toEqual({ lost: 180, saved: 900, friction: 15, work: 10, total: 205, totalWithoutModel: 1080 });
  });
});

describe("evaluateBinary", () => {
  const rows = world(20_000);
  const threshold = thresholdForBudget(rows.scores, 0.01);
  const typology = Uint8Array.from(rows.labels, (label, row) => (label === 1 ? 1 + (row % 2) : 0));
  const report = evaluateBinary({
    ...rows,
    threshold,
    typology,
    typologyNames: ["none", "T1_account_takeover", "T4 QR adulterado"],
    slices: {
      day: { codes: rows.days, names: ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] },
    },
    replicates: 100,
  });

  it("names every metric as MLflow allows, and gives finite values only", () => {
    for (const [key, value] of Object.entries(report.metrics)) {
      expect(key).toMatch(/^[A-Za-z0-9_\-. :/]+$/);
      expect(Number.isFinite(value)).toBe(true);
    }
    expect(Object.keys(report.metrics)).toEqual(
      expect.arrayContaining([
        "auc_pr",
        "auc_roc",
        "recall_at_0.1pct",
        "recall_at_0.5pct",
        "recall_at_1pct",
        "value_recall_at_0.5pct",
        "recall_at_0.5pct_daily",
        "precision",
        "recall",
        "f1",
        "brier",
        "ece",
        "recall_T1_account_takeover",
        "recall_T4_QR_adulterado",
      ]),
    );
    expect(metricKey("cartão %")).toBe("cartao_");
  });

  it("adds up: typologies to the whole, slices to the rows, intervals around values", () => {
    const caught = report.typologies.reduce((sum, group) => sum + group.caught, 0);
    expect(caught).toBe(report.atThreshold.confusion.truePositives);
    expect(report.slices.day!.reduce((sum, group) => sum + group.rows, 0)).toBe(20_000);
    expect(report.metrics.alert_rate).toBeCloseTo(0.01, 4);
    for (const [name, { low, high }] of Object.entries(report.intervals)) {
      expect(low).toBeLessThanOrEqual(report.metrics[name]!);
      expect(high).toBeGreaterThanOrEqual(report.metrics[name]!);
    }
    expect(report.pr.x.length).toBeLessThan(1_000);
    expect(report.roc.x.at(-1)).toBe(1);
    expect(report.histogram.fraud.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
    expect(JSON.parse(JSON.stringify(report)).metrics).toEqual(report.metrics);
  });

  it("refuses rows of one class, lengths that differ and scores that are no number", () => {
    const input = { ...rows, threshold };
    expect(() => evaluateBinary({ ...input, labels: new Uint8Array(20_000) })).toThrow(/None of the 20000/);
    expect(() => evaluateBinary({ ...input, labels: rows.labels.subarray(1) })).toThrow(/labels has 19999 rows/);
    const broken = rows.scores.slice();
    broken[7] = Number.NaN;
    expect(() => evaluateBinary({ ...input, scores: broken })).toThrow(/Score of row 7 is NaN/);
  });
});

it("Wilson's interval stays inside [0, 1] and is certain of nothing without trials", () => {
  expect(wilson(0, 0)).toEqual({ low: 0, high: 1 });
  expect(wilson(10, 10).high).toBe(1);
  expect(wilson(5, 10).low).toBeCloseTo(0.2366, 4);
  expect(thresholdMetrics({ scores: Float64Array.of(0.1), labels: Uint8Array.of(1) }, 0.5).f1).toBe(0);
});
