import { rankDescending } from "./ranking.ts";
import { checkBothClasses, checkRows, type Labels, type Scores } from "./rows.ts";

/**
 * Average precision (`auc_pr`): the sum of (R_k - R_{k-1}) P_k over distinct thresholds. Rows with one score are one step;
 * nothing is interpolated. A random ranking gives the prevalence, so quote the two together.
 */
export function averagePrecision(scores: Scores, labels: Labels): number {
  checkRows(scores, labels);
  checkBothClasses(labels);
  return averagePrecisionOf(rankDescending(scores), scores, labels);
}

/** The same of rows already ranked by `rankDescending`. */
export function averagePrecisionOf(order: Uint32Array, scores: Scores, labels: Labels): number {
  const n = order.length;
  let caught = 0;
  let caughtBefore = 0;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    caught += labels[order[i]!]!;
    const lastOfTie = i === n - 1 || scores[order[i]!] !== scores[order[i + 1]!];
    if (lastOfTie && caught > caughtBefore) {
      sum += ((caught - caughtBefore) * caught) / (i + 1);
      caughtBefore = caught;
    }
  }
  return sum / caught;
}
