import { LARGEST_FIGURE, type ReviewableAlert } from "@esteira/core/entities/review";
import { invalid } from "@esteira/core/errors";
import { z } from "zod";
import {
  boolOrFalse,
  double,
  int64,
  list,
  nonEmpty,
  requiredDouble,
  requiredInteger,
  requiredText,
  text,
  textOrEmpty,
  texts,
} from "../http/fields.ts";

const LONGEST = {
  decision_id: 256,
  version: 64,
  arm: 64,
  subject: 128,
  feature: 250,
  value: 250,
  hint: 128,
  source: 64,
};
const MOST = { subjects: 10, reasons: 20 };

/** An alert as a request tells it. */
export const alertFields = z.object({
  ...{ decision_id: requiredText, version: requiredText, decided_at: requiredInteger, event_at: int64 },
  ...{ score: requiredDouble, threshold: double, amount: double, arm: text, subjects: texts, hint: text },
  reasons: list(z.object({ feature: requiredText, contribution: requiredDouble, value: text })),
  ...{ known_label: textOrEmpty, known_source: textOrEmpty, erased: boolOrFalse },
});

export function checkLength(field: string, value: string | undefined, longest: number): void {
  if (value === undefined || value.length <= longest) return;
  throw invalid(`'${field}' is ${value.length} characters long: at most ${longest} are kept.`);
}

function checkCount(field: string, count: number, most: number): void {
  if (count > most) throw invalid(`'${field}' has ${count} values: at most ${most} are kept.`);
}

function checkSize(field: string, value: number | undefined): void {
  if (value === undefined || Math.abs(value) <= LARGEST_FIGURE) return;
  throw invalid(`'${field}' is ${value}: expected a number of at most ${LARGEST_FIGURE} in size.`);
}

/** Throws INVALID_PARAMETER_VALUE for what cannot be kept. */
export function alertOf(input: z.output<typeof alertFields>): ReviewableAlert {
  const { decision_id, version, decided_at, event_at, score, threshold, amount, subjects, reasons } = input;
  checkLength("alerts.decision_id", decision_id, LONGEST.decision_id);
  checkLength("alerts.version", version, LONGEST.version);
  checkLength("alerts.arm", input.arm, LONGEST.arm);
  checkLength("alerts.hint", input.hint, LONGEST.hint);
  for (const subject of subjects) checkLength("alerts.subjects", subject, LONGEST.subject);
  for (const { feature, value, contribution } of reasons) {
    checkLength("alerts.reasons.feature", feature, LONGEST.feature);
    checkLength("alerts.reasons.value", value, LONGEST.value);
    checkSize("alerts.reasons.contribution", contribution);
  }
  checkCount("alerts.subjects", subjects.length, MOST.subjects);
  checkCount("alerts.reasons", reasons.length, MOST.reasons);
  checkSize("alerts.score", score);
  checkSize("alerts.threshold", threshold);
  checkSize("alerts.amount", amount);
  const [arm, hint] = [nonEmpty(input.arm), nonEmpty(input.hint)];
  return {
    ...{ decisionId: decision_id, version, decidedAt: decided_at, score, subjects },
    reasons: reasons.map(({ value, ...reason }) => ({ ...reason, ...(value === undefined ? {} : { value }) })),
    ...(event_at === undefined ? {} : { eventAt: event_at }),
    ...(threshold === undefined ? {} : { threshold }),
    ...(amount === undefined ? {} : { amount }),
    ...(arm === undefined ? {} : { arm }),
    ...(hint === undefined ? {} : { hint }),
    ...knownOf(input.known_label, input.known_source),
    ...(input.erased ? { erased: true } : {}),
  };
}

function knownOf(label: string, source: string): Pick<ReviewableAlert, "known"> {
  if (label === "") return {};
  if (label !== "fraud" && label !== "legitimate")
    throw invalid(`'alerts.known_label' is '${label.slice(0, 40)}': expected fraud or legitimate.`);
  checkLength("alerts.known_source", source, LONGEST.source);
  return { known: { label, source } };
}
