import { describe, expect, it } from "vitest";
import { pairedBootstrap, pairedBootstraps } from "./bootstrap.ts";
import { Random } from "./random.ts";
import { rankDescending, tieKeysOf } from "./ranking.ts";
import type { ResampledMetric } from "./resampled-metric.ts";

const ROWS = 900;
const METRICS: readonly ResampledMetric[] = [
  { name: "auc_pr" },
  { name: "auc_roc" },
  { name: "recall", budget: 0.02 },
  { name: "precision", budget: 0.02 },
  { name: "value_recall", budget: 0.02 },
];

/** `digits` of a score: few of them make many ties. Clusters are named in the order in which they come. */
function world(digits: number) {
  const random = new Random(3);
  const labels = Uint8Array.from({ length: ROWS }, () => (random.below(100) < 4 ? 1 : 0));
  const score = (label: number) => Number(((random.below(1e6) + label * 3e5) / 1.3e6).toPrecision(digits));
  const names = new Map<number, number>();
  const nameOf = (value: number) => names.get(value) ?? names.set(value, names.size).size - 1;
  return {
    labels,
    amounts: Float64Array.from({ length: ROWS }, () => random.below(100_000) / 100),
    tieKeys: tieKeysOf(ROWS, (row) => `tx-${row}`),
    clusters: Int32Array.from({ length: ROWS }, () => nameOf(random.below(150))),
    days: Int32Array.from({ length: ROWS }, (_, row) => Math.floor(row / 100)),
    champion: Float64Array.from(labels, score),
    challenger: Float64Array.from(labels, score),
  };
}

type World = ReturnType<typeof world>;

/** The definition: every row in the order of its rank, as often as its cluster was drawn. */
function measured(
  { labels, amounts, tieKeys }: World,
  scores: Float64Array,
  weights: number[],
  metric: ResampledMetric,
) {
  const drawn = [...rankDescending(scores, tieKeys)].flatMap((row) => new Array<number>(weights[row]!).fill(row));
  const frauds = drawn.filter((row) => labels[row] === 1);
  if ("budget" in metric) {
    const alerts = Math.max(1, Math.floor(metric.budget * drawn.length + 1e-9));
    const hits = drawn.slice(0, alerts).filter((row) => labels[row] === 1);
    const money = (rows: number[]) => rows.reduce((sum, row) => sum + amounts[row]!, 0);
    if (metric.name === "value_recall") return money(hits) / money(frauds);
    return hits.length / (metric.name === "recall" ? frauds.length : alerts);
  }
  let [seen, caught, won, precision] = [0, 0, 0, 0];
  for (let from = 0; from < drawn.length; ) {
    let to = from + 1;
    while (to < drawn.length && scores[drawn[to]!] === scores[drawn[from]!]) to++;
    const found = drawn.slice(from, to).filter((row) => labels[row] === 1).length;
    won += (to - from - found) * (caught + found / 2);
    caught += found;
    seen = to;
    if (found > 0) precision += (found * caught) / seen;
    from = to;
  }
  return metric.name === "auc_pr" ? precision / caught : won / (caught * (drawn.length - caught));
}

describe("the paired bootstrap", () => {
  for (const digits of [1, 16]) {
    for (const metric of METRICS) {
      it(`gives the difference of ${metric.name} on the rows that each draw holds (scores of ${digits} digits)`, () => {
        const rows = world(digits);
        const clusterCount = Math.max(...rows.clusters) + 1;
        // An odd number of draws: the last of them has no second one beside it.
        const found = pairedBootstrap(rows, rows, { metric, replicates: 101, seed: 5 });
        const random = new Random(5);
        const expected = Float64Array.from({ length: 101 }, () => {
          const times = new Array<number>(clusterCount).fill(0);
          for (let i = 0; i < clusterCount; i++) times[random.below(clusterCount)]!++;
          const weights = Array.from(rows.clusters, (cluster) => times[cluster]!);
          return measured(rows, rows.challenger, weights, metric) - measured(rows, rows.champion, weights, metric);
        }).sort();
        expect(found.replicates).toHaveLength(101);
        found.replicates.forEach((value, at) => {
          expect(value).toBeCloseTo(expected[at]!, 12);
        });
        const once = new Array<number>(ROWS).fill(1);
        expect(found.champion).toBeCloseTo(measured(rows, rows.champion, once, metric), 12);
        expect(found.challenger).toBeCloseTo(measured(rows, rows.challenger, once, metric), 12);
        expect(found.delta).toBe(found.challenger - found.champion);
      });
    }
  }

  it("gives for several clusterings at once what it gives for each", () => {
    const rows = world(3);
    const options = { metric: { name: "auc_pr" }, replicates: 100, seed: 9 } as const;
    const both = pairedBootstraps(rows, [rows.clusters, rows.days], rows, options);
    expect(both).toEqual([
      pairedBootstrap(rows, rows, options),
      pairedBootstrap({ ...rows, clusters: rows.days }, rows, options),
    ]);
  });

  it("draws as many times as `below` would, and the same", () => {
    const [one, other] = [new Random(2 ** 40 + 7), new Random(2 ** 40 + 7)];
    const counts = new Int32Array(37);
    const expected = new Int32Array(37);
    for (let round = 0; round < 3; round++) {
      one.tally(1000, counts);
      for (let i = 0; i < 1000; i++) expected[other.below(37)]!++;
      expect(counts).toEqual(expected);
      expect(one.next32()).toBe(other.next32());
    }
  });
});
