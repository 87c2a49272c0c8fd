import type { YamlFault } from "@esteira/lifecycle/read-yaml";
import { type SignalDefinition, type SignalName, signalDefinition } from "../signals/catalogue.ts";
import { durationText } from "./duration.ts";
import { DEFAULTS, type MonitorFile } from "./monitor-file.ts";
import type { Rule } from "./rule.ts";

const MINUTE = 60_000;
const LONGEST_WINDOW = 7 * 86_400_000;

/** What of one rule cannot be, by its signal and by what the file says of the model; paths begin at the rule. */
export function ruleFaults(rule: Rule, file: MonitorFile): readonly YamlFault[] {
  const definition = signalDefinition(rule.signal);
  return [
    ...labelFaults(rule, definition),
    ...limitFaults(rule, definition),
    ...windowFaults(rule, definition, file.every ?? DEFAULTS.every),
    ...needFaults(rule, file),
  ];
}

const labelFaults = ({ where, signal }: Rule, { labels }: SignalDefinition): readonly YamlFault[] =>
  Object.keys(where)
    .filter((label) => !labels.some((known) => known === label))
    .map((label) => ({
      path: ["where", label],
      message: `${signal} has no label ${label}; it has ${labels.join(", ") || "none"}`,
    }));

function limitFaults({ signal, above, below, resolve, burn }: Rule, { unit }: SignalDefinition): readonly YamlFault[] {
  const faults: YamlFault[] = [];
  const refuse = (field: keyof Rule, message: string): void => void faults.push({ path: [field], message });
  if ([above, below, burn].filter((one) => one !== undefined).length !== 1)
    refuse("signal", "give one of above, below and burn");
  if (resolve !== undefined && burn !== undefined) refuse("resolve", "burn ends with its short window; remove resolve");
  if (resolve !== undefined && above !== undefined && resolve > above)
    refuse("resolve", `resolve ${resolve} is higher than above ${above}; it would end while it fires`);
  if (resolve !== undefined && below !== undefined && resolve < below)
    refuse("resolve", `resolve ${resolve} is lower than below ${below}; it would end while it fires`);
  const { least, most } = RANGES[unit];
  if (above !== undefined && above >= most) refuse("above", `${signal} is at most ${most}; it can never fire`);
  if (below !== undefined && below <= least) refuse("below", `${signal} is never below ${least}; it can never fire`);
  return faults;
}

const POSITIVE = { least: 0, most: Number.POSITIVE_INFINITY };
const RANGES: Readonly<Record<SignalDefinition["unit"], { readonly least: number; readonly most: number }>> = {
  share: { least: 0, most: 1 },
  points: { least: -1, most: 1 },
  flag: { least: 0, most: 1 },
  index: { least: Number.NEGATIVE_INFINITY, most: Number.POSITIVE_INFINITY },
  ratio: POSITIVE,
  count: POSITIVE,
  milliseconds: POSITIVE,
  seconds: POSITIVE,
  days: POSITIVE,
  money: POSITIVE,
};

function windowFaults(rule: Rule, { source, unit }: SignalDefinition, every: number): readonly YamlFault[] {
  const { signal, window, burn } = rule;
  if (source !== "window") {
    const own = source === "report" ? "is of the report's window (report.window)" : "is an age, which has no window";
    return [
      ...(window === undefined ? [] : [{ path: ["window"], message: `${signal} ${own}; remove window` }]),
      ...(burn === undefined
        ? []
        : [{ path: ["burn"], message: `${signal} ${own}; burn needs a signal of recent decisions` }]),
    ];
  }
  if (burn === undefined)
    return window === undefined
      ? [{ path: ["signal"], message: `${signal} needs a window, for example window: 1h` }]
      : spanFaults(window, every, ["window"]);
  return [
    ...(window === undefined ? [] : [{ path: ["window"], message: "burn has windows of its own; remove window" }]),
    ...(unit === "share" ? [] : [{ path: ["burn"], message: `burn is for shares, and ${signal} is none` }]),
    ...(burn.fast === undefined && burn.slow === undefined
      ? [{ path: ["burn"], message: "give fast, slow or both" }]
      : []),
    ...(["fast", "slow"] as const).flatMap((name) => burnFaults(burn, name, every)),
  ];
}

function burnFaults(burn: NonNullable<Rule["burn"]>, name: "fast" | "slow", every: number): readonly YamlFault[] {
  const pair = burn[name];
  if (pair === undefined) return [];
  const path = ["burn", name];
  const { long, short, factor } = pair;
  return [
    ...spanFaults(long, every, [...path, "long"]),
    ...spanFaults(short, every, [...path, "short"]),
    ...(short < long
      ? []
      : [{ path: [...path, "short"], message: "the short window must be shorter than the long one" }]),
    ...(factor * burn.budget < 1
      ? []
      : [
          {
            path: [...path, "factor"],
            message: `${factor} times a budget of ${burn.budget} is no share below 1; it can never fire`,
          },
        ]),
  ];
}

/** What is wrong with one window. */
function spanFaults(span: number, every: number, path: readonly PropertyKey[]): readonly YamlFault[] {
  if (span % MINUTE !== 0) return [{ path, message: "windows are whole minutes: decisions are counted by minute" }];
  if (span > LONGEST_WINDOW)
    return [{ path, message: `the longest window is ${durationText(LONGEST_WINDOW)}; longer spans are the report's` }];
  if (span >= every) return [];
  const gap = `decisions between two windows of ${durationText(span)} would be seen by nobody`;
  return [{ path, message: `the monitor looks every ${durationText(every)}, so ${gap}` }];
}

/** What a file must say before a rule can speak of some signals. */
const NEEDS: Readonly<Partial<Record<SignalName, readonly [(file: MonitorFile) => unknown, string]>>> = {
  desk_load: [({ budget }) => budget.perDay, "budget.perDay"],
  slow_share: [({ latencyTargetMs }) => latencyTargetMs, "latencyTargetMs"],
  money_alerted: [({ amount }) => amount, "amount: the feature that holds a transfer's money"],
  error_share: [({ services }) => services, "services: where scoring servers show their metrics"],
  decisions_unrecorded: [({ services }) => services, "services: where scoring servers show their metrics"],
};

function needFaults({ signal }: Rule, file: MonitorFile): readonly YamlFault[] {
  const need = NEEDS[signal];
  if (need === undefined || need[0](file) !== undefined) return [];
  return [{ path: ["signal"], message: `${signal} needs ${need[1]}` }];
}
