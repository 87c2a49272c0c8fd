import { Random } from "@esteira/models/evaluation/random";
import { estimatePerformance, scoreReference } from "./estimate.ts";

/** Simulated transfers to ask estimates about: for tests and benches. */

const THRESHOLD = 0.2;

export interface ScoredWorld {
  /** How much riskier transfers come than the reference's, in standard deviations of the logit of their chance. */
  readonly shift?: number;
  /** The model says twice the odds: trained on enriched data, and not corrected. */
  readonly distorted?: boolean;
  /** Share of transfers that a scam takes which the scores know nothing of. */
  readonly newScam?: number;
}

/** Transfers whose score is the chance of fraud, or what a model makes of it, and what came of them. */
export function scoredTransfers(seed: number, rows: number, options: ScoredWorld = {}) {
  const random = new Random(seed);
  const uniform = () => (random.next32() + 0.5) / 2 ** 32;
  const normal = () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
  const score = new Float64Array(rows);
  const alerted = new Uint8Array(rows);
  const fraud = new Uint8Array(rows);
  for (let row = 0; row < rows; row++) {
    const chance = 1 / (1 + Math.exp(6 - 1.8 * (normal() + (options.shift ?? 0))));
    score[row] = options.distorted ? (2 * chance) / (1 + chance) : chance;
    alerted[row] = score[row]! >= THRESHOLD ? 1 : 0;
    fraud[row] = uniform() < chance || uniform() < (options.newScam ?? 0) ? 1 : 0;
  }
  return { score, alerted, fraud };
}

/** Of so many worlds, each with a reference of its own, the share in which what came true lies in the estimate's interval. */
export function coverage(worlds: number, options: ScoredWorld): { recall: number; precision: number } {
  const held = { recall: 0, precision: 0 };
  for (let seed = 1; seed <= worlds; seed++) {
    const { distorted = false } = options;
    const before = scoredTransfers(100_000 + seed, 10_000, { distorted });
    const frauds = before.score.filter((_, row) => before.fraud[row] === 1);
    const now = scoredTransfers(seed, 8000, options);
    const rows = Uint32Array.from(now.score, (_, row) => row);
    const estimate = estimatePerformance(now, rows, scoreReference(before.score, frauds, THRESHOLD)!)!;
    const isCaught = (is: number, row: number) => is === 1 && now.alerted[row] === 1;
    const caught = now.fraud.filter(isCaught).length;
    const truth = { recall: caught / sum(now.fraud), precision: caught / sum(now.alerted) };
    for (const name of ["recall", "precision"] as const) {
      const { low, high } = estimate[name].interval;
      if (truth[name] >= low && truth[name] <= high) held[name]++;
    }
  }
  return { recall: held.recall / worlds, precision: held.precision / worlds };
}

const sum = (flags: Uint8Array): number => flags.reduce((all, flag) => all + flag, 0);
