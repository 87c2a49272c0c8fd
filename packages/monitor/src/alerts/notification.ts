import { createHash } from "node:crypto";
import { DEFAULTS, type MonitorFile } from "../file/monitor-file.ts";
import { routesOf } from "../file/routing.ts";
import { SEVERITIES, type Severity } from "../file/rule.ts";
import type { Alert } from "./alert.ts";
import { silenceOf } from "./silenced.ts";

/** What one receiver has been told of one severity's alerts: they come in one message. */
export interface Told {
  readonly receiver: string;
  readonly severity: Severity;
  /** `firedAt` of each episode that the receiver knows to be firing, by fingerprint. */
  readonly firing: Readonly<Record<string, number>>;
  /** When something was said last, milliseconds. */
  readonly at: number;
}

/** What a receiver is to be told, once. */
export interface Notification {
  /** The same for the same thing to be told: a receiver that gets it twice can know. 32 hexadecimal digits. */
  readonly id: string;
  readonly receiver: string;
  readonly severity: Severity;
  readonly at: number;
  readonly status: "firing" | "resolved";
  /** Said again because it goes on, and nothing has changed. */
  readonly repeated: boolean;
  /** All that fire for this receiver and severity, and those that have ended since it was told. */
  readonly alerts: readonly Alert[];
}

/**
 * Whom to tell what after a look. Pure. Alerts of one severity go to a receiver in one message: when one begins, when one ends, and again when they
 * go on for longer than the route's `repeat`. A silenced alert is not told when it begins; that it has ended is told to whoever knew of it.
 */
export function notify(
  told: readonly Told[],
  alerts: readonly Alert[],
  file: Pick<MonitorFile, "model" | "rules" | "routes" | "silences" | "timezone">,
  at: number,
): { readonly told: readonly Told[]; readonly notifications: readonly Notification[] } {
  const next: Told[] = [];
  const notifications: Notification[] = [];
  for (const { receiver, severity, alerts: own, repeat } of groupsOf(told, alerts, file)) {
    const before = told.find((one) => one.receiver === receiver && one.severity === severity);
    const known = before?.firing ?? {};
    const firing = own.filter(({ phase }) => phase === "firing");
    const spoken = firing.filter(
      ({ rule, fingerprint, firedAt }) =>
        known[fingerprint] === firedAt || silenceOf(rule, at, file.silences, file.timezone) === undefined,
    );
    const begun = spoken.filter(({ fingerprint, firedAt }) => known[fingerprint] !== firedAt);
    const ended = alerts.filter(
      ({ fingerprint, phase }) => known[fingerprint] !== undefined && phase !== "firing" && phase !== "pending",
    );
    const audible = spoken.some(({ rule }) => silenceOf(rule, at, file.silences, file.timezone) === undefined);
    const repeated = begun.length === 0 && ended.length === 0;
    const isDue = !repeated || (audible && before !== undefined && at - before.at >= repeat);
    const nowFiring = Object.fromEntries(spoken.map(({ fingerprint, firedAt }) => [fingerprint, firedAt ?? at]));
    if (!isDue) {
      if (before !== undefined && spoken.length > 0) next.push(before);
      continue;
    }
    const said = [...spoken, ...ended];
    const status = spoken.length > 0 ? "firing" : "resolved";
    if (spoken.length > 0) next.push({ receiver, severity, firing: nowFiring, at });
    notifications.push({
      id: notificationId(file.model, receiver, severity, at, said),
      receiver,
      severity,
      at,
      status,
      repeated,
      alerts: said,
    });
  }
  return { told: next, notifications };
}

interface Group {
  readonly receiver: string;
  readonly severity: Severity;
  readonly repeat: number;
  readonly alerts: readonly Alert[];
}

/** What each receiver is concerned with, by severity: what the routes lead there, and what it was told before. */
function groupsOf(
  told: readonly Told[],
  alerts: readonly Alert[],
  { rules, routes }: Pick<MonitorFile, "rules" | "routes">,
): readonly Group[] {
  const groups = new Map<string, { receiver: string; severity: Severity; repeat: number; alerts: Alert[] }>();
  const groupOf = (receiver: string, severity: Severity, repeat: number) => {
    const key = JSON.stringify([receiver, severity]);
    const group = groups.get(key) ?? { receiver, severity, repeat, alerts: [] };
    group.repeat = Math.min(group.repeat, repeat);
    groups.set(key, group);
    return group;
  };
  for (const alert of alerts) {
    const rule = rules.find(({ name }) => name === alert.rule);
    if (rule === undefined) continue;
    for (const { to, repeat } of routesOf(rule, routes)) {
      for (const receiver of to) {
        const group = groupOf(receiver, alert.severity, repeat ?? DEFAULTS.repeat);
        if (!group.alerts.includes(alert)) group.alerts.push(alert);
      }
    }
  }
  // Who was told of something is told of its end, even where no route leads there any more.
  for (const { receiver, severity } of told) groupOf(receiver, severity, Number.POSITIVE_INFINITY);
  return [...groups.values()].sort(
    (a, b) => SEVERITIES.indexOf(b.severity) - SEVERITIES.indexOf(a.severity) || a.receiver.localeCompare(b.receiver),
  );
}

function notificationId(
  model: string,
  receiver: string,
  severity: Severity,
  at: number,
  alerts: readonly Alert[],
): string {
  const told = alerts.map(({ fingerprint, phase, firedAt }) => [fingerprint, phase, firedAt]);
  return createHash("sha256")
    .update(JSON.stringify([model, receiver, severity, at, told]))
    .digest("hex")
    .slice(0, 32);
}
