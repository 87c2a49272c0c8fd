import { createHash } from "node:crypto";
import { noDataAfter } from "../file/describe-monitor.ts";
import type { Rule } from "../file/rule.ts";
import { signalDefinition } from "../signals/catalogue.ts";
import type { Signal, SignalLabels } from "../signals/signal.ts";
import type { Alert, AlertCause } from "./alert.ts";
import { labelsKey, type Sample, samplesOf } from "./condition.ts";

/** Resolved alerts are kept so long for those who look, milliseconds. */
const KEPT_RESOLVED = 7 * 86_400_000;

/**
 * The alerts after one look. Pure: the alerts before, the rules and the signals of the instant in, the alerts now out. An alert whose rule is no
 * longer in the file is over.
 */
export function advanceAlerts(
  before: readonly Alert[],
  input: {
    readonly model: string;
    readonly rules: readonly Rule[];
    readonly signals: readonly Signal[];
    /** There is no report yet, or none can be made: what its signals would say is unknown, and not absent. */
    readonly isReportUnknown?: boolean;
    readonly at: number;
  },
): readonly Alert[] {
  const { model, rules, signals, at, isReportUnknown = false } = input;
  const known = new Map(before.map((alert) => [alert.fingerprint, alert]));
  const next = new Map<string, Alert>();
  for (const rule of rules) {
    const isUnknown = isReportUnknown && signalDefinition(rule.signal).source === "report";
    const samples = new Map(
      samplesOf(rule, signals).map((sample) => [fingerprintOf(model, rule.name, sample.labels), sample]),
    );
    const own = before.filter((alert) => alert.rule === rule.name);
    const fingerprints = new Set([...samples.keys(), ...own.map(({ fingerprint }) => fingerprint)]);
    // A rule that has never seen its signal still watches for it.
    if (fingerprints.size === 0) fingerprints.add(fingerprintOf(model, rule.name, {}));
    for (const fingerprint of fingerprints) {
      const sample = samples.get(fingerprint);
      const alert = known.get(fingerprint) ?? newAlert(rule, fingerprint, sample?.labels ?? {}, at);
      next.set(fingerprint, advanceAlert({ ...alert, severity: rule.severity }, sample, { rule, at, isUnknown }));
    }
    // The place of a rule that waited for its first value is that value's.
    const nowhere = fingerprintOf(model, rule.name, {});
    if (samples.size > 0 && !samples.has(nowhere)) endPlaceholder(next, nowhere, at);
  }
  for (const alert of before) if (!next.has(alert.fingerprint)) next.set(alert.fingerprint, over(alert, at));
  return [...next.values()].filter(
    ({ phase, resolvedAt, missingSince }) =>
      (phase !== "inactive" || missingSince !== null) &&
      !(phase === "resolved" && at - (resolvedAt ?? at) > KEPT_RESOLVED),
  );
}

function endPlaceholder(alerts: Map<string, Alert>, fingerprint: string, at: number): void {
  const placeholder = alerts.get(fingerprint);
  if (placeholder !== undefined) alerts.set(fingerprint, { ...over(placeholder, at), missingSince: null });
}

interface Moment {
  readonly rule: Rule;
  readonly at: number;
  readonly isUnknown: boolean;
}

/** One alert after one look; `sample` is undefined where there is no value. */
function advanceAlert(alert: Alert, sample: Sample | undefined, moment: Moment): Alert {
  const { rule, at } = moment;
  if (sample === undefined) return withoutData(alert, moment);
  const present = { ...alert, value: sample.value, missingSince: null };
  const alerted = alert.phase === "firing" && alert.cause === "no_data" ? over(present, at) : present;
  switch (alerted.phase) {
    case "inactive":
    case "resolved":
      return sample.breached ? begin(alerted, at, rule.for ?? 0) : alerted;
    case "pending":
      if (!sample.breached) return over(alerted, at);
      return at - alerted.since >= (rule.for ?? 0) ? fire(alerted, at, "breach") : alerted;
    case "firing": {
      if (!sample.cleared) return { ...alerted, clearSince: null };
      const clearSince = alerted.clearSince ?? at;
      return at - clearSince >= (rule.keepFor ?? 0) ? over(alerted, at) : { ...alerted, clearSince };
    }
  }
}

/** A value that is missing neither ends an alert nor keeps one from coming: it is a state of its own, unless the rule ignores it. */
function withoutData(alert: Alert, { rule, at, isUnknown }: Moment): Alert {
  const missingSince = alert.missingSince ?? at;
  const after = noDataAfter(rule);
  const missing = { ...alert, value: null, missingSince };
  if (after === undefined && isUnknown) return alert;
  if (after === undefined)
    return alert.phase === "firing" || alert.phase === "pending"
      ? over(missing, at)
      : { ...missing, missingSince: null };
  if (alert.phase === "firing" || at - missingSince < after) return missing;
  return fire({ ...missing, since: missingSince }, at, "no_data");
}

const begin = (alert: Alert, at: number, wait: number): Alert =>
  wait === 0 ? fire({ ...alert, since: at }, at, "breach") : { ...alert, phase: "pending", since: at };

const fire = (alert: Alert, at: number, cause: AlertCause): Alert => ({
  ...alert,
  phase: "firing",
  cause,
  firedAt: at,
  clearSince: null,
  resolvedAt: null,
});

function over(alert: Alert, at: number): Alert {
  if (alert.phase === "firing") return { ...alert, phase: "resolved", resolvedAt: at, clearSince: null };
  return alert.phase === "pending" ? { ...alert, phase: alert.resolvedAt === null ? "inactive" : "resolved" } : alert;
}

const newAlert = (rule: Rule, fingerprint: string, labels: SignalLabels, at: number): Alert => ({
  fingerprint,
  rule: rule.name,
  labels,
  severity: rule.severity,
  phase: "inactive",
  cause: "breach",
  value: null,
  since: at,
  firedAt: null,
  resolvedAt: null,
  clearSince: null,
  missingSince: null,
});

/** 16 hexadecimal digits; the same for the same model, rule and labels, for ever. */
export const fingerprintOf = (model: string, rule: string, labels: SignalLabels): string =>
  createHash("sha256")
    .update(JSON.stringify([model, rule, labelsKey(labels)]))
    .digest("hex")
    .slice(0, 16);
