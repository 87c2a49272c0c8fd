import type { YamlFault } from "@esteira/lifecycle/read-yaml";
import { signalDefinition } from "../signals/catalogue.ts";
import { durationText } from "./duration.ts";
import { DEFAULTS, type MonitorFile } from "./monitor-file.ts";
import { reachedBy } from "./routing.ts";
import type { Rule } from "./rule.ts";

const MINUTE = 60_000;
const LONGEST_WINDOW = 7 * 86_400_000;

/** What each part of a file says well and all together cannot be, a sentence each. */
export function contradictionsIn(file: MonitorFile): readonly YamlFault[] {
  return [
    ...file.rules.flatMap((rule, at) => ruleFaults(file, rule, at)),
    ...routeFaults(file),
    ...silenceFaults(file),
  ];
}

function ruleFaults(file: MonitorFile, rule: Rule, at: number): readonly YamlFault[] {
  const faults: YamlFault[] = [];
  const refuse = (field: keyof Rule, message: string, ...deeper: readonly PropertyKey[]): void => {
    faults.push({ path: ["rules", at, field, ...deeper], message: `rule ${rule.name}: ${message}` });
  };
  const { source, unit, labels } = signalDefinition(rule.signal);
  if (file.rules.findIndex(({ name }) => name === rule.name) < at) refuse("name", "another rule has this name");

  for (const label of Object.keys(rule.where)) {
    if (!labels.some((known) => known === label))
      refuse(
        "where",
        `${rule.signal} has no label ${label}; ${labels.length === 0 ? "it has none" : `it has ${labels.join(", ")}`}`,
        label,
      );
  }
  const conditions = [rule.above, rule.below, rule.burn].filter((one) => one !== undefined).length;
  if (conditions !== 1) refuse("signal", "give one of above, below and burn");
  if (rule.resolve !== undefined && rule.burn !== undefined)
    refuse("resolve", "burn ends with its short window; remove resolve");
  if (rule.resolve !== undefined && rule.above !== undefined && rule.resolve > rule.above)
    refuse("resolve", `resolve ${rule.resolve} is higher than above ${rule.above}; it would end while it fires`);
  if (rule.resolve !== undefined && rule.below !== undefined && rule.resolve < rule.below)
    refuse("resolve", `resolve ${rule.resolve} is lower than below ${rule.below}; it would end while it fires`);
  const most = unit === "share" || unit === "flag" || unit === "points" ? 1 : Number.POSITIVE_INFINITY;
  const least = unit === "points" ? -1 : unit === "index" ? Number.NEGATIVE_INFINITY : 0;
  if (rule.above !== undefined && rule.above >= most)
    refuse("above", `${rule.signal} is at most ${most}; it can never fire`);
  if (rule.below !== undefined && rule.below <= least)
    refuse("below", `${rule.signal} is never below ${least}; it can never fire`);

  const checkWindow = (window: number, ...place: readonly [keyof Rule, ...PropertyKey[]]): void => {
    const [field, ...deeper] = place;
    if (window % MINUTE !== 0) refuse(field, "windows are whole minutes: decisions are counted by minute", ...deeper);
    else if (window > LONGEST_WINDOW)
      refuse(field, `the longest window is ${durationText(LONGEST_WINDOW)}; longer spans are the report's`, ...deeper);
  };
  if (source !== "window") {
    const own = source === "report" ? "is of the report's window (report.window)" : "is an age, which has no window";
    if (rule.window !== undefined) refuse("window", `${rule.signal} ${own}; remove window`);
    if (rule.burn !== undefined) refuse("burn", `${rule.signal} ${own}; burn needs a signal of recent decisions`);
  } else if (rule.burn === undefined) {
    const every = file.every ?? DEFAULTS.every;
    if (rule.window === undefined) refuse("signal", `${rule.signal} needs a window, for example window: 1h`);
    else {
      checkWindow(rule.window, "window");
      if (rule.window < every)
        refuse(
          "window",
          `it is looked every ${durationText(every)}, so decisions between two windows of ${durationText(rule.window)} would be seen by nobody`,
        );
    }
  } else {
    if (rule.window !== undefined) refuse("window", "burn has windows of its own; remove window");
    if (unit !== "share") refuse("burn", `burn is for shares, and ${rule.signal} is none`);
    if (rule.burn.fast === undefined && rule.burn.slow === undefined) refuse("burn", "give fast, slow or both");
    for (const name of ["fast", "slow"] as const) {
      const pair = rule.burn[name];
      if (pair === undefined) continue;
      checkWindow(pair.long, "burn", name, "long");
      checkWindow(pair.short, "burn", name, "short");
      if (pair.short >= pair.long) refuse("burn", "the short window must be shorter than the long one", name, "short");
      if (pair.factor * rule.burn.budget >= 1)
        refuse(
          "burn",
          `${pair.factor} times a budget of ${rule.burn.budget} is no share below 1; it can never fire`,
          name,
          "factor",
        );
    }
  }
  if (rule.signal === "desk_load" && file.budget.perDay === undefined)
    refuse("signal", "desk_load needs budget.perDay");
  if (rule.signal === "slow_share" && file.latencyTargetMs === undefined)
    refuse("signal", "slow_share needs latencyTargetMs");
  if ((rule.signal === "error_share" || rule.signal === "decisions_unrecorded") && file.services === undefined)
    refuse("signal", `${rule.signal} needs services: where scoring servers show their metrics`);
  faults.push(...againstEarlier(file.rules, at));
  return faults;
}

/** Rules that look at the same value and cannot both be meant. */
function againstEarlier(rules: readonly Rule[], at: number): readonly YamlFault[] {
  const rule = rules[at]!;
  const key = sameValue(rule);
  const earlier = rules.slice(0, at).filter((one) => sameValue(one) === key);
  const faults: YamlFault[] = [];
  for (const other of earlier) {
    const above = rule.above ?? other.above;
    const below = rule.below ?? other.below;
    const opposed = (rule.above === undefined) !== (other.above === undefined);
    if (opposed && above !== undefined && below !== undefined && below > above)
      faults.push({
        path: ["rules", at, "signal"],
        message: `rule ${rule.name}: contradicts ${other.name}: every value is above ${above} or below ${below}, so one of them always fires`,
      });
    const same = rule.above === other.above && rule.below === other.below && !rule.burn && !other.burn;
    if (same && rule.severity === other.severity && rule.for === other.for)
      faults.push({
        path: ["rules", at, "signal"],
        message: `rule ${rule.name}: says the same as ${other.name}; remove one`,
      });
  }
  return faults;
}

const sameValue = ({ signal, where, window }: Rule): string =>
  JSON.stringify([signal, window ?? null, Object.entries(where).sort(([a], [b]) => (a < b ? -1 : 1))]);

function routeFaults(file: MonitorFile): readonly YamlFault[] {
  const { routes, receivers, rules } = file;
  const faults: YamlFault[] = [];
  const known = Object.keys(receivers);
  routes.forEach((route, at) => {
    route.to.forEach((name, i) => {
      if (!known.includes(name))
        faults.push({
          path: ["routes", at, "to", i],
          message: `there is no receiver ${name}; receivers has ${known.join(", ") || "none"}`,
        });
    });
    route.owner?.forEach((owner, i) => {
      if (!rules.some((rule) => rule.owner === owner))
        faults.push({ path: ["routes", at, "owner", i], message: `no rule has the owner ${owner}` });
    });
  });
  for (const name of known) {
    if (!routes.some(({ to }) => to.includes(name)))
      faults.push({
        path: ["receivers", name],
        message: `no route leads to the receiver ${name}; add a route or remove it`,
      });
  }
  rules.forEach((rule, at) => {
    if (
      known.length > 0 &&
      (rule.severity === "act" || rule.severity === "page") &&
      reachedBy(rule, routes).length === 0
    )
      faults.push({
        path: ["rules", at, "severity"],
        message: `rule ${rule.name}: nobody is told of it: no route takes ${rule.severity}${rule.owner === undefined ? "" : ` of ${rule.owner}`}`,
      });
  });
  return faults;
}

function silenceFaults({ silences, rules }: MonitorFile): readonly YamlFault[] {
  return silences.flatMap(({ rules: named = [] }, at) =>
    named.flatMap((name, i) =>
      rules.some((rule) => rule.name === name)
        ? []
        : [{ path: ["silences", at, "rules", i], message: `there is no rule ${name}` }],
    ),
  );
}
