import type { SignalName } from "./catalogue.ts";
import { type ArmCounts, OperationCounts, type OperationTally } from "./operation-tally.ts";
import { countedIn, type ServiceHistory } from "./service-counters.ts";
import type { Signal, SignalLabels } from "./signal.ts";

const DAY = 86_400_000;
const WEEK = 7 * DAY;
const SHADOW = "shadow";

/** What is agreed of a model's operation. */
export interface OperationTargets {
  /** Share of the decisions that may be alerted. */
  readonly alertShare: number;
  /** Alerts that the analysts can work in a day, where it is known. */
  readonly alertsPerDay: number | undefined;
  readonly latencyTargetMs: number;
}

/** Signals of the last `windowMs` before `at`, of all versions together and of each version on each arm. Pure. */
export function windowSignals(
  tally: OperationTally,
  at: number,
  windowMs: number,
  targets: OperationTargets,
): readonly Signal[] {
  const signals: Signal[] = [];
  const add = (name: SignalName, value: number, labels: SignalLabels = {}): void => {
    if (Number.isFinite(value)) signals.push({ name, labels, windowMs, value });
  };
  const arms = tally.between(at, windowMs);
  const all = together(arms, targets);
  const addCounts = (counts: OperationCounts, labels: SignalLabels): void => {
    add("decisions", counts.decisions, labels);
    add("alert_rate", counts.alerts / counts.decisions, labels);
    add("money_alerted", counts.moneyAlerted, labels);
    add("latency_p50", counts.latency.quantile(0.5), labels);
    add("latency_p99", counts.latency.quantile(0.99), labels);
    add("slow_share", counts.latency.slowShare, labels);
  };
  addCounts(all, {});
  for (const { version, arm, counts } of arms) addCounts(counts, arm === "" ? { version } : { version, arm });
  const before = together(tally.between(at - WEEK, windowMs), targets).decisions;
  add("decisions_vs_last_week", all.decisions / before);
  add("alert_budget_use", all.alerts / all.decisions / targets.alertShare);
  if (targets.alertsPerDay !== undefined) add("desk_load", (all.alerts * DAY) / windowMs / targets.alertsPerDay);
  for (const [feature, count] of all.missing) add("feature_missing", count / all.decisions, { feature });
  return signals;
}

/** Signals of what the services counted in the last `windowMs` before `at`; none where no service has answered. */
export function serviceSignals(history: ServiceHistory, at: number, windowMs: number): readonly Signal[] {
  const counted = countedIn(history, at, windowMs);
  if (counted === undefined) return [];
  const { requests, errors, unrecorded } = counted;
  const share: Signal = { name: "error_share", labels: {}, windowMs, value: errors / requests };
  return [
    ...(requests === 0 ? [] : [share]),
    { name: "decisions_unrecorded", labels: {}, windowMs, value: unrecorded },
  ];
}

/** How old the newest decision, label and report are at `at`, seconds. An instant from a clock that runs ahead counts as now. */
export function freshnessSignals(
  at: number,
  newest: {
    readonly decision: number | undefined;
    readonly label: number | undefined;
    readonly report: number | undefined;
  },
): Signal[] {
  const age = (name: SignalName, instant: number | undefined): Signal[] =>
    instant === undefined || !Number.isFinite(instant)
      ? []
      : [{ name, labels: {}, value: Math.max(0, at - instant) / 1000 }];
  return [
    ...age("decision_age", newest.decision),
    ...age("label_age", newest.label),
    ...age("report_age", newest.report),
  ];
}

/** Those that answer. */
function together(arms: readonly ArmCounts[], { latencyTargetMs }: OperationTargets): OperationCounts {
  const all = new OperationCounts(latencyTargetMs);
  for (const { arm, counts } of arms) if (arm !== SHADOW) all.merge(counts);
  return all;
}
