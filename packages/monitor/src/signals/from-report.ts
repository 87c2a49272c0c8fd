import type { DriftRow } from "@esteira/lifecycle/monitoring/drift";
import type { MonitorReport } from "@esteira/lifecycle/monitoring/monitor";
import type { Cohort } from "@esteira/lifecycle/monitoring/performance";
import type { SignalName } from "./catalogue.ts";
import type { Signal, SignalLabels } from "./signal.ts";

const VERDICTS = { ok: 0, watch: 1, act: 2 } as const;

/** The signals that a monitoring report holds. Pure. What the report does not know (NaN, null) is left out. */
export function reportSignals(report: MonitorReport): Signal[] {
  const { performance, maturity, novelty, scoreDrift } = report;
  const signals: Signal[] = [];
  const add = (name: SignalName, value: number | null | undefined, labels: SignalLabels = {}): void => {
    if (typeof value === "number" && Number.isFinite(value)) signals.push({ name, labels, value });
  };
  add("verdict", VERDICTS[report.verdict]);
  add("score_drift", beyondChance(scoreDrift));
  for (const row of report.drift) {
    const labels = { feature: row.feature };
    add("feature_drift", beyondChance(row), labels);
    add("feature_drift_impact", row.impact, labels);
    add("feature_missing_rise", less(row.missingCurrent, row.missingReference), labels);
  }
  const { mature, cohorts, estimates } = performance;
  if (mature !== null && mature.frauds > 0) {
    add("recall", mature.recall);
    add("recall_low", mature.recallInterval.low);
    add("recall_high", mature.recallInterval.high);
    add("value_recall", mature.valueRecall);
  }
  add("precision", mature?.precision);
  const young = cohorts.filter((cohort) => !cohort.mature && cohort.transfers > 0).at(-1);
  add("labels_to_come", young?.labelsToCome);
  const estimated = young?.estimated;
  if (estimated) {
    add("recall_estimated", estimated.recall.value);
    add("recall_estimated_low", estimated.recall.interval.low);
    add("recall_estimated_high", estimated.recall.interval.high);
    add("precision_estimated", estimated.precision.value);
  }
  add("estimates_trusted", estimates.isTrusted ? 1 : 0);
  add("label_delay_p50", maturity.medianDays);
  add("label_delay_p90", maturity.p90Days);
  for (const row of novelty.typologies) {
    const labels = { typology: row.name };
    add("typology_frauds", row.frauds, labels);
    add("typology_new", row.status === "new" ? 1 : 0, labels);
    if (row.frauds === 0) continue;
    add("typology_recall", row.recall, labels);
    add("typology_recall_fall", less(row.referenceRecall, row.recall), labels);
  }
  add("fraud_score_fall", less(novelty.fraudScores.medianReference, novelty.fraudScores.medianCurrent));
  add(
    "money_saved",
    sum(cohorts, ({ moneyCaught }) => moneyCaught),
  );
  add("money_lost", sum(cohorts, lost));
  add("money_at_risk", moneyAtRisk(cohorts));
  return signals;
}

/** The index less what chance alone shows in samples of these sizes. */
const beyondChance = ({ psi, expectedPsi }: DriftRow): number => Math.max(0, less(psi, expectedPsi));

/** NaN where one of the two is not known: a report that went through JSON has null there, which arithmetic takes for 0. */
const less = (value: number | null, other: number | null): number =>
  value === null || other === null ? Number.NaN : value - other;

const lost = ({ money, moneyCaught }: Cohort): number => money - moneyCaught;

/** Each cohort's known loss grown by the share of its labels that is still to come; NaN where no delays are known. */
function moneyAtRisk(cohorts: readonly Cohort[]): number {
  const told = cohorts.filter(({ transfers }) => transfers > 0);
  return sum(told, (cohort) => {
    const known = less(1, cohort.labelsToCome);
    const loss = lost(cohort);
    return loss === 0 ? 0 : loss / known;
  });
}

const sum = <T>(items: readonly T[], of: (item: T) => number): number =>
  items.reduce((total, item) => total + of(item), 0);
