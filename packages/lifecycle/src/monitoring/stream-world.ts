import { Random } from "@esteira/models/evaluation/random";
import type { Day } from "./daily-watch.ts";

/** Simulated days of decisions, and the reports that come of them: for tests and benches. */

const DAY = 86_400_000;
const THRESHOLD = 0.2;
export const STREAM_FEATURES: readonly string[] = [
  ...["amount", "hour", "payee_age", "payee_received", "device_age", "distance", "payer_age", "balance_share"],
  ...["payments_today", "new_payee", "session_seconds", "amount_ratio"],
];

export type Scenario =
  | "late-typology"
  | "slow-drift"
  | "broken-feature"
  | "prevalence-shift"
  | "label-outage"
  | "no-change";
export const SCENARIOS: readonly Scenario[] = [
  "late-typology",
  "slow-drift",
  "broken-feature",
  "prevalence-shift",
  "label-outage",
  "no-change",
];

export interface StreamOptions {
  readonly scenario: Scenario;
  readonly seed: number;
  readonly days: number;
  readonly rowsPerDay: number;
  /** The first day on which something is otherwise. */
  readonly changeDay: number;
  /** Share of the transfers that the new scam is. */
  readonly lateShare?: number;
}

export interface StreamDay extends Day {
  /** What came true, whoever knows of it. */
  readonly fraud: Uint8Array;
}

/** Features by which the new scam's transfers are alike, and where they lie, in standard deviations; the model has not learnt it. */
export const SCAM: ReadonlyMap<string, number> = new Map([
  ["payee_age", -1.8],
  ["payee_received", 1.9],
  ["session_seconds", 2],
  ["hour", 1.5],
]);
const SCAM_SPREAD = 0.5;
/** What drifts, and what breaks. */
export const DRIFTING = "distance";
export const BROKEN = "device_age";

/** How much each feature makes a transfer riskier to the model. */
const WEIGHTS: readonly number[] = [0.8, 0.2, -0.7, 0.9, -0.5, 0.4, 0.3, 0.6, 0.3, 0.6, 0, 0.5];

/**
 * Days with a common noise of their own and quieter weekends. A transfer's score is its chance of fraud; a fraud is reported, in six cases of
 * ten, after a delay with a median of four days.
 */
export function* streamOf({
  scenario,
  seed,
  days,
  rowsPerDay,
  changeDay,
  lateShare = 0.003,
}: StreamOptions): Generator<StreamDay> {
  const random = new Random(seed);
  const uniform = () => (random.next32() + 0.5) / 2 ** 32;
  let spare = Number.NaN;
  const normal = (): number => {
    if (!Number.isNaN(spare)) {
      const kept = spare;
      spare = Number.NaN;
      return kept;
    }
    const [radius, angle] = [Math.sqrt(-2 * Math.log(uniform())), 2 * Math.PI * uniform()];
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
  const reported = new Map<number, { caught: boolean; typology: string }[]>();
  const broken = STREAM_FEATURES.indexOf(BROKEN);
  const drifting = STREAM_FEATURES.indexOf(DRIFTING);
  const scam = STREAM_FEATURES.map((name) => SCAM.get(name));
  const norm = Math.sqrt(WEIGHTS.reduce((sum, weight) => sum + weight ** 2, 0));
  for (let day = 0; day < days; day++) {
    const has = (which: Scenario) => scenario === which && day >= changeDay;
    const weekend = day % 7 >= 5;
    const rows = Math.round(rowsPerDay * (weekend ? 0.8 : 1) * Math.exp(0.03 * normal()));
    const common = STREAM_FEATURES.map((_, at) => 0.02 * normal() + (weekend && at < 2 ? 0.05 : 0));
    if (has("slow-drift")) common[drifting]! += 0.03 * (day - changeDay + 1);
    const features = STREAM_FEATURES.map(() => new Float64Array(rows));
    const score = new Float64Array(rows);
    const alerted = new Uint8Array(rows);
    const fraud = new Uint8Array(rows);
    for (let row = 0; row < rows; row++) {
      const isLate = has("late-typology") && uniform() < lateShare;
      let risk = 0;
      for (let at = 0; at < features.length; at++) {
        const place = isLate ? scam[at] : undefined;
        const value = place === undefined ? normal() + common[at]! : place + SCAM_SPREAD * normal();
        features[at]![row] = value;
        // To the model the scam is like any other transfer.
        risk += (WEIGHTS[at]! / norm) * (place === undefined ? value : normal());
      }
      const shift = has("prevalence-shift") ? 0.4 : 0;
      if (shift > 0) for (let at = 0; at < features.length; at++) features[at]![row]! += (shift * WEIGHTS[at]!) / norm;
      const chance = 1 / (1 + Math.exp(6.5 - 1.8 * (risk + shift)));
      score[row] = chance;
      alerted[row] = chance >= THRESHOLD ? 1 : 0;
      if (has("broken-feature") && uniform() < 0.3) features[broken]![row] = Number.NaN;
      if (!isLate && uniform() >= chance) continue;
      fraud[row] = 1;
      if (uniform() > 0.6) continue;
      const known = day + Math.floor(uniform() + Math.exp(Math.log(4) + 0.8 * normal()));
      const typology = isLate ? "new scam" : `typology ${random.below(6)}`;
      reported.set(known, [...(reported.get(known) ?? []), { caught: alerted[row] === 1, typology }]);
    }
    const reports = has("label-outage") ? [] : (reported.get(day) ?? []);
    reported.delete(day);
    yield { from: day * DAY, features, score, alerted, fraud, reports };
  }
}
