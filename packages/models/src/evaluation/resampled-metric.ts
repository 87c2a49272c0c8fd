import { rankDescending } from "./ranking.ts";
import type { Labels, Scores } from "./rows.ts";

/** A metric that the bootstrap recomputes in full on every draw. `budget` is a share of rows. */
export type ResampledMetric =
  | { readonly name: "auc_pr" | "auc_roc" }
  | { readonly name: "recall" | "precision" | "value_recall"; readonly budget: number };

/** The rows of one bootstrap: one model's scores are ranked once, and every draw is weights of its clusters. */
export interface ClusteredRows {
  readonly labels: Labels;
  readonly amounts: Float64Array;
  readonly tieKeys: Uint32Array;
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

/** The metric of one model on a draw; NaN when the draw holds no fraud (or no honest row, or no money of fraud). */
export function prepareMetric(rows: ClusteredRows, scores: Scores, metric: ResampledMetric): (draw: Draw) => number {
  const order = rankDescending(scores, rows.tieKeys);
  const n = order.length;
  const clusters = new Int32Array(n);
  const labels = new Uint8Array(n);
  const lastOfTie = new Uint8Array(n);
  const amounts = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const row = order[i]!;
    clusters[i] = rows.clusters[row]!;
    labels[i] = rows.labels[row]!;
    amounts[i] = rows.amounts[row]!;
    lastOfTie[i] = i === n - 1 || scores[row] !== scores[order[i + 1]!] ? 1 : 0;
  }
  switch (metric.name) {
    case "auc_pr":
      return ({ weights }) => {
        let seen = 0;
        let caught = 0;
        let before = 0;
        let sum = 0;
        for (let i = 0; i < n; i++) {
          const weight = weights[clusters[i]!]!;
          seen += weight;
          if (labels[i] === 1) caught += weight;
          if (lastOfTie[i] === 1 && caught > before) {
            sum += ((caught - before) * caught) / seen;
            before = caught;
          }
        }
        return sum / caught;
      };
    case "auc_roc":
      return ({ weights, rows: total, positives }) => {
        let caught = 0;
        let tiedPositives = 0;
        let tiedNegatives = 0;
        let won = 0;
        for (let i = 0; i < n; i++) {
          const weight = weights[clusters[i]!]!;
          if (labels[i] === 1) tiedPositives += weight;
          else tiedNegatives += weight;
          if (lastOfTie[i] === 1) {
            won += tiedNegatives * (caught + tiedPositives / 2);
            caught += tiedPositives;
            tiedPositives = 0;
            tiedNegatives = 0;
          }
        }
        return won / (positives * (total - positives));
      };
    case "recall":
    case "precision":
    case "value_recall": {
      const { name, budget } = metric;
      return ({ weights, rows: total, positives, money }) => {
        const alerts = Math.max(1, Math.floor(budget * total + 1e-9));
        let left = alerts;
        let caught = 0;
        let moneyCaught = 0;
        for (let i = 0; i < n && left > 0; i++) {
          const weight = Math.min(left, weights[clusters[i]!]!);
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
  }
}
