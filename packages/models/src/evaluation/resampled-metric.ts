import type { CostModel } from "./cost.ts";
import { rankDescending } from "./ranking.ts";
import type { Labels, Scores } from "./rows.ts";
import { SectionSums } from "./section-sums.ts";

/** A metric that the bootstrap recomputes in full on every draw. `budget` is a share of rows. */
export type ResampledMetric =
  | { readonly name: "auc_pr" | "auc_roc" }
  | { readonly name: "recall" | "precision" | "value_recall"; readonly budget: number }
  /** Money that alerting `budget` of the rows saves, a thousand rows: see `realisedCost`. */
  | { readonly name: "saving"; readonly budget: number; readonly costs: AlertCosts };

/** What an alert costs, or saves, when it blocks. */
export type AlertCosts = Pick<CostModel, "recovery" | "margin" | "falseAlert" | "alert">;

/** What is drawn as a whole. */
export interface Clustering {
  /** Dense index of the cluster (customer, day) of each row. */
  readonly clusters: Int32Array;
  readonly clusterCount: number;
}

/** One draw: how often each cluster was drawn, and what the draw holds in all. */
export interface Draw {
  readonly weights: Int32Array;
  rows: number;
  positives: number;
  money: number;
}

/** Two draws that are measured in one pass over the rows. */
export interface DrawPair {
  readonly first: Draw;
  readonly second: Draw;
  /** The weights of both in one number: the second's times `LANE`, plus the first's. */
  readonly packed: Float64Array;
}

/** A sum of so many rows in each of two draws still fits exactly into one number. */
export const LANE = 2 ** 26;

/** The metric on both draws of a pair, into `values`. */
export type PairMetric = (pair: DrawPair, values: Float64Array) => void;

/** The metric of one model; NaN on a draw that holds no fraud (or no honest row, or no money of fraud). */
export function prepareMetric(ranked: RankedRows, clustering: Clustering, metric: ResampledMetric): PairMetric {
  switch (metric.name) {
    case "auc_pr":
      return averagePrecisionOnDraws(ranked, clustering);
    case "auc_roc":
      return rocAucOnDraws(ranked, clustering);
    default: {
      const measure =
        metric.name === "saving"
          ? savingOnDraw(ranked, clustering, metric.budget, metric.costs)
          : atBudgetOnDraw(ranked, clustering, metric.name, metric.budget);
      return ({ first, second }, values) => {
        values[0] = measure(first);
        values[1] = measure(second);
      };
    }
  }
}

/** One model's rows, the highest score first. */
export interface RankedRows {
  readonly order: Uint32Array;
  readonly labels: Uint8Array;
  readonly amounts: Float64Array;
  /** 1 where the next row has another score, or there is none. */
  readonly lastOfTie: Uint8Array;
}

export function rankRows(
  rows: { readonly labels: Labels; readonly amounts: Float64Array; readonly tieKeys: Uint32Array },
  scores: Scores,
): RankedRows {
  const order = rankDescending(scores, rows.tieKeys);
  const n = order.length;
  const labels = new Uint8Array(n);
  const lastOfTie = new Uint8Array(n);
  const amounts = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const row = order[i]!;
    labels[i] = rows.labels[row]!;
    amounts[i] = rows.amounts[row]!;
    lastOfTie[i] = i === n - 1 || scores[row] !== scores[order[i + 1]!] ? 1 : 0;
  }
  return { order, labels, amounts, lastOfTie };
}

/** Ties that hold a fraud, in the order of their rank: only there does a ranking metric take a step. */
interface FraudTies {
  readonly count: number;
  /** Of each honest row: twice the number of such ties above it, and one more within such a tie. */
  readonly honest: SectionSums;
  /** Of each fraud: its tie. */
  readonly frauds: SectionSums;
}

function fraudTies({ order, labels, lastOfTie }: RankedRows, { clusters, clusterCount }: Clustering): FraudTies {
  const n = order.length;
  const honest = new Int32Array(n);
  const frauds = new Int32Array(n);
  let count = 0;
  for (let from = 0; from < n; ) {
    let to = from;
    let hasFraud = labels[to] === 1;
    while (lastOfTie[to] === 0) hasFraud = labels[++to] === 1 || hasFraud;
    for (let i = from; i <= to; i++) {
      const isFraud = labels[i] === 1;
      honest[order[i]!] = isFraud ? -1 : 2 * count + (hasFraud ? 1 : 0);
      frauds[order[i]!] = isFraud ? count : -1;
    }
    if (hasFraud) count++;
    from = to + 1;
  }
  // What lies below the last fraud takes no part in any sum.
  for (let i = n - 1; i >= 0 && honest[order[i]!] === 2 * count; i--) honest[order[i]!] = -1;
  return {
    count,
    honest: new SectionSums(honest, 2 * count, clusters, clusterCount),
    frauds: new SectionSums(frauds, count, clusters, clusterCount),
  };
}

function averagePrecisionOnDraws(ranked: RankedRows, clustering: Clustering): PairMetric {
  const { count, honest, frauds } = fraudTies(ranked, clustering);
  const step = new AveragePrecisionSteps();
  const other = new AveragePrecisionSteps();
  return ({ packed }, values) => {
    step.reset();
    other.reset();
    for (let tie = 0; tie < count; tie++) {
      const found = frauds.sum(tie, packed);
      const passed = honest.sum(2 * tie, packed) + honest.sum(2 * tie + 1, packed);
      const [foundThere, passedThere] = [Math.floor(found / LANE), Math.floor(passed / LANE)];
      step.take(passed - passedThere * LANE, found - foundThere * LANE);
      other.take(passedThere, foundThere);
    }
    values[0] = step.value;
    values[1] = other.value;
  };
}

class AveragePrecisionSteps {
  #seen = 0;
  #caught = 0;
  #sum = 0;

  reset(): void {
    this.#seen = 0;
    this.#caught = 0;
    this.#sum = 0;
  }

  /** Honest rows since the last step, and the frauds of this one. */
  take(passed: number, found: number): void {
    this.#caught += found;
    this.#seen += passed + found;
    if (found > 0) this.#sum += (found * this.#caught) / this.#seen;
  }

  get value(): number {
    return this.#sum / this.#caught;
  }
}

function rocAucOnDraws(ranked: RankedRows, clustering: Clustering): PairMetric {
  const { count, honest, frauds } = fraudTies(ranked, clustering);
  const step = new RocAucSteps();
  const other = new RocAucSteps();
  return ({ first, second, packed }, values) => {
    step.reset();
    other.reset();
    for (let tie = 0; tie < count; tie++) {
      const above = honest.sum(2 * tie, packed);
      const tied = honest.sum(2 * tie + 1, packed);
      const found = frauds.sum(tie, packed);
      const [aboveThere, tiedThere, foundThere] = [
        Math.floor(above / LANE),
        Math.floor(tied / LANE),
        Math.floor(found / LANE),
      ];
      step.take(above - aboveThere * LANE, tied - tiedThere * LANE, found - foundThere * LANE);
      other.take(aboveThere, tiedThere, foundThere);
    }
    values[0] = step.value(first);
    values[1] = other.value(second);
  };
}

class RocAucSteps {
  #caught = 0;
  /** Honest rows so far. */
  #passed = 0;
  /** Pairs in which the fraud scores higher. */
  #won = 0;

  reset(): void {
    this.#caught = 0;
    this.#passed = 0;
    this.#won = 0;
  }

  /** Honest rows above a tie, honest rows in it, frauds in it. */
  take(above: number, tied: number, found: number): void {
    this.#won += above * this.#caught + tied * (this.#caught + found / 2);
    this.#caught += found;
    this.#passed += above + tied;
  }

  value({ rows, positives }: Draw): number {
    const below = rows - positives - this.#passed;
    return (this.#won + below * this.#caught) / (positives * (rows - positives));
  }
}

function atBudgetOnDraw(
  { order, labels, amounts }: RankedRows,
  { clusters }: Clustering,
  name: "recall" | "precision" | "value_recall",
  budget: number,
): (draw: Draw) => number {
  const n = order.length;
  const ranked = Int32Array.from(order, (row) => clusters[row]!);
  return ({ weights, rows: total, positives, money }) => {
    const alerts = Math.max(1, Math.floor(budget * total + 1e-9));
    let left = alerts;
    let caught = 0;
    let moneyCaught = 0;
    for (let i = 0; i < n && left > 0; i++) {
      const weight = Math.min(left, weights[ranked[i]!]!);
      left -= weight;
      if (labels[i] === 1) {
        caught += weight;
        moneyCaught += weight * amounts[i]!;
      }
    }
    if (name === "recall") return caught / positives;
    return name === "precision" ? caught / alerts : moneyCaught / money;
  };
}

/** Money saved by blocking the rows with the highest scores, less what it costs, for a thousand rows. */
function savingOnDraw(
  { order, labels, amounts }: RankedRows,
  { clusters }: Clustering,
  budget: number,
  costs: AlertCosts,
): (draw: Draw) => number {
  const n = order.length;
  const ranked = Int32Array.from(order, (row) => clusters[row]!);
  const worth = Float64Array.from(labels, (label, i) => {
    const gain = label === 1 ? amounts[i]! * (1 - costs.recovery) : -(costs.margin * amounts[i]! + costs.falseAlert);
    return gain - costs.alert;
  });
  return ({ weights, rows: total }) => {
    let left = Math.max(1, Math.floor(budget * total + 1e-9));
    let saved = 0;
    for (let i = 0; i < n && left > 0; i++) {
      const weight = Math.min(left, weights[ranked[i]!]!);
      left -= weight;
      saved += weight * worth[i]!;
    }
    return (1000 * saved) / total;
  };
}
