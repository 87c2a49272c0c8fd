import { z } from "zod";
import type { KnownLate } from "../evidence.ts";
import type { Finding } from "../verdict.ts";
import { common, defineCheck, figure, lacking, percent, share } from "./check.ts";

/** A feature that alone carries the model has usually seen the answer. */
export const leakageCheck = defineCheck({
  proves: "No single feature carries the model or comes from the future, which is what a leak of the label looks like.",
  inputs: ["importance", "alone", "knownLate"],
  settings: z.strictObject({
    check: z.literal("leakage"),
    share: share.default(0.6).describe("Highest share of the total gain that one feature may have."),
    alone: z
      .number()
      .gt(0.5)
      .max(1)
      .optional()
      .describe(
        "Highest AUC-ROC that one input may have by itself, in either direction: more has seen what came later.",
      ),
    known: z
      .record(z.string().min(1), z.string().min(1))
      .optional()
      .describe("By input, the column of the file that says when its value became known: never after the row's time."),
    ...common,
  }),
  title: ({ share, alone, known }) =>
    [
      `no feature above ${percent(share)} of the gain`,
      ...(alone === undefined ? [] : [`none alone above ${alone}`]),
      ...(known === undefined ? [] : [`${Object.keys(known).join(", ")} known in time`]),
    ].join(", "),
  judge({ share, alone: limit, known }, { importance, alone, knownLate }) {
    const ofFuture = known === undefined ? undefined : judgeKnown(known, knownLate);
    if (ofFuture !== undefined) return ofFuture;
    if (importance === undefined) return lacking("The importance of the features");
    if (limit !== undefined) {
      if (alone === undefined || alone.length === 0) return lacking("How good each input is by itself");
      const best = alone.toSorted((a, b) => b.auc - a.auc)[0]!;
      if (best.auc > limit) {
        return {
          status: "refused",
          found: `${best.feature} alone ${figure(best.auc)}`,
          reason: `${best.feature} by itself ranks frauds with an AUC-ROC of ${figure(best.auc)}, above ${limit}: it knows what came later, or is the answer.`,
          evidence: { feature: best.feature, auc_alone: best.auc, limit },
        };
      }
    }
    const total = importance.reduce((sum, { gain }) => sum + gain, 0);
    const first = [...importance].sort((a, b) => b.gain - a.gain)[0];
    if (first === undefined || !(total > 0)) {
      return {
        status: "not_enough_evidence",
        found: "no gain",
        reason: "The model splits on no feature, so nothing can be said of a leak.",
        evidence: { features: importance.length },
      };
    }
    const largest = first.gain / total;
    const smells = largest > share;
    return {
      status: smells ? "refused" : "passed",
      found: `${first.feature} ${percent(largest)}`,
      reason: smells
        ? `${first.feature} has ${percent(largest)} of the gain, above ${percent(share)}: find out when its value becomes known.`
        : `The first feature, ${first.feature}, has ${percent(largest)} of the gain.`,
      evidence: { feature: first.feature, gain_share: largest, limit: share, features: importance.length },
    };
  },
});

const HOUR = 3_600_000;

/** Undefined when every input that the model has was known in time, on every row of which that is told. */
function judgeKnown(
  columns: Readonly<Record<string, string>>,
  found: readonly KnownLate[] | undefined,
): Finding | undefined {
  if (found === undefined) return lacking("The time of the rows, which no input may be later than,");
  const asked = found.filter(({ feature, column }) => columns[feature] === column);
  const untold = asked.filter(({ told }) => told === 0).map(({ feature }) => feature);
  const [worst] = asked.filter(({ late }) => late > 0).sort((a, b) => b.late / b.told - a.late / a.told);
  if (worst !== undefined) {
    const { feature, column, late, told, longest } = worst;
    return {
      status: "refused",
      found: `${feature} late on ${late} rows`,
      reason: `${feature} became known after the row's own time on ${late} of ${told} rows (${column}), by up to ${figure(longest / HOUR)} hours: it comes from the future.`,
      evidence: { feature, column, late, told, longest_hours: longest / HOUR },
    };
  }
  return untold.length === 0 ? undefined : lacking(`When ${untold.join(", ")} became known`);
}
