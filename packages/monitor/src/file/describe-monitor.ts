import { type SignalLabel, signalDefinition } from "../signals/catalogue.ts";
import { durationText } from "./duration.ts";
import { DEFAULTS, type MonitorFile } from "./monitor-file.ts";
import type { Receiver } from "./receiver.ts";
import { reachedBy } from "./routing.ts";
import type { Rule } from "./rule.ts";
import type { Silence } from "./silence.ts";

/** In words, a line each: what is watched, what would alert whom, and when nobody is told. */
export function describeMonitor(file: MonitorFile): readonly string[] {
  const every = durationText(file.every ?? DEFAULTS.every);
  const window = durationText(file.report.window ?? DEFAULTS.reportWindow);
  const reportEvery = durationText(file.report.every ?? DEFAULTS.reportEvery);
  return [
    `${file.model}: looked at every ${every}; its report is of ${window} and made every ${reportEvery}.`,
    ...file.rules.flatMap((rule) => [
      `${rule.name} (${rule.severity}${rule.owner === undefined ? "" : `, ${rule.owner}`}): ${conditionText(rule)}.`,
      `    ${[noDataText(rule), recipientsText(rule, file)].join(" ")}`,
    ]),
    ...file.silences.map((silence) => `silent: ${silenceText(silence, file.timezone)}`),
  ];
}

/** When a rule fires: `alert_rate of 1h above 0.02 for 15m; ends at 0.015`. */
export function conditionText(rule: Rule): string {
  const parts = [rule.signal, ofText(rule)];
  if (rule.window !== undefined) parts.push(`over ${durationText(rule.window)}`);
  if (rule.above !== undefined) parts.push(`above ${rule.above}`);
  if (rule.below !== undefined) parts.push(`below ${rule.below}`);
  if (rule.burn !== undefined) {
    const pairs = [rule.burn.fast, rule.burn.slow].filter((pair) => pair !== undefined);
    const words = pairs.map(
      ({ long, short, factor }) => `${factor} times over ${durationText(long)} and ${durationText(short)}`,
    );
    parts.push(`burns its budget of ${rule.burn.budget} ${words.join(", or ")}`);
  }
  if (rule.for !== undefined) parts.push(`for ${durationText(rule.for)}`);
  const ends = [
    ...(rule.resolve === undefined ? [] : [`back at ${rule.resolve}`]),
    ...(rule.keepFor === undefined ? [] : [`over for ${durationText(rule.keepFor)}`]),
  ];
  const text = parts.filter((part) => part !== "").join(" ");
  return ends.length === 0 ? text : `${text}; ends when ${ends.join(" and ")}`;
}

function ofText({ signal, where }: Rule): string {
  const split: readonly SignalLabel[] = ["version", "arm"];
  const words = signalDefinition(signal).labels.flatMap((label) => {
    const named = where[label];
    if (named === undefined && split.includes(label)) return [];
    if (named === undefined || named === "*") return [`each ${label}`];
    return [`${label} ${typeof named === "string" ? named : named.join(" or ")}`];
  });
  return words.length === 0 ? "" : `of ${words.join(", ")}`;
}

/** How long a rule's signal may be missing, milliseconds; undefined where its absence says nothing. */
export function noDataAfter({ noData, signal }: Rule): number | undefined {
  if (noData === "ignore") return undefined;
  if (noData !== undefined) return noData.after;
  return signalDefinition(signal).mayBeAbsent ? undefined : DEFAULTS.noData;
}

function noDataText(rule: Rule): string {
  const after = noDataAfter(rule);
  return after === undefined ? "Without data: nothing." : `Without data for ${durationText(after)}: it alerts too.`;
}

function recipientsText(rule: Rule, { routes, receivers }: MonitorFile): string {
  const names = reachedBy(rule, routes);
  if (names.length === 0) return "Tells nobody: the state and /metrics show it.";
  return `Tells ${names.map((name) => receiverText(name, receivers[name]!)).join(", ")}.`;
}

function receiverText(name: string, receiver: Receiver): string {
  switch (receiver.kind) {
    case "webhook":
      return `${name} (${new URL(receiver.url).host})`;
    case "email":
      return `${name} (${receiver.to.join(", ")})`;
    case "slack":
      return `${name} (chat)`;
  }
}

export function silenceText({ rules, reason, from, to, weekly }: Silence, timezone: string): string {
  const what = rules === undefined ? "all rules" : rules.join(", ");
  const when =
    weekly === undefined
      ? `from ${new Date(from!).toISOString()} to ${new Date(to!).toISOString()}`
      : `${weekly.days.join(", ")} from ${weekly.from} to ${weekly.to} (${timezone})`;
  return `${what} ${when}: ${reason}`;
}
