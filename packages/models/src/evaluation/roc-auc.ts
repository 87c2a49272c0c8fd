import { rankDescending } from "./ranking.ts";
import { checkBothClasses, checkRows, type Labels, type Scores } from "./rows.ts";

/**
 * The probability that a fraud scores above an honest transfer, ties counted half (the mid-rank form of the area under the
 * ROC curve). It does not see prevalence: never the only figure of a fraud model.
 */
export function rocAuc(scores: Scores, labels: Labels): number {
  checkRows(scores, labels);
  checkBothClasses(labels);
  return rocAucOf(rankDescending(scores), scores, labels);
}

/** The same of rows already ranked by `rankDescending`. */
export function rocAucOf(order: Uint32Array, scores: Scores, labels: Labels): number {
  const n = order.length;
  let positives = 0;
  let positivesInTie = 0;
  let negativesInTie = 0;
  let won = 0; // pairs in which the fraud scores higher
  for (let i = 0; i < n; i++) {
    if (labels[order[i]!] === 1) positivesInTie++;
    else negativesInTie++;
    if (i === n - 1 || scores[order[i]!] !== scores[order[i + 1]!]) {
      won += negativesInTie * (positives + positivesInTie / 2);
      positives += positivesInTie;
      positivesInTie = 0;
      negativesInTie = 0;
    }
  }
  return won / (positives * (n - positives));
}
