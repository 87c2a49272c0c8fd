import type { YamlFault } from "@esteira/lifecycle/read-yaml";
import type { MonitorFile } from "./monitor-file.ts";
import { reachedBy } from "./routing.ts";
import type { Rule } from "./rule.ts";
import { ruleFaults } from "./rule-faults.ts";

/** What each part of a file says well and all together cannot be, a sentence each. */
export function contradictionsIn(file: MonitorFile): readonly YamlFault[] {
  return [
    ...file.rules.flatMap((rule, at) => [
      ...ruleFaults(rule, file).map(({ path, message }) => ({
        path: ["rules", at, ...path],
        message: `rule ${rule.name}: ${message}`,
      })),
      ...againstEarlier(file.rules, at),
    ]),
    ...routeFaults(file),
    ...silenceFaults(file),
    ...retrainFaults(file),
  ];
}

/** Rules that look at the same value and cannot both be meant. */
function againstEarlier(rules: readonly Rule[], at: number): readonly YamlFault[] {
  const rule = rules[at]!;
  const key = sameValue(rule);
  const earlier = rules.slice(0, at).filter((one) => sameValue(one) === key);
  const faults: YamlFault[] = [];
  if (rules.findIndex(({ name }) => name === rule.name) < at)
    faults.push({ path: ["rules", at, "name"], message: `rule ${rule.name}: another rule has this name` });
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

function retrainFaults({ retrain, rules }: MonitorFile): readonly YamlFault[] {
  if (retrain === undefined) return [];
  const unknown = (retrain.on ?? []).flatMap((name, i) =>
    rules.some((rule) => rule.name === name)
      ? []
      : [
          {
            path: ["retrain", "on", i],
            message: `there is no rule ${name}; rules are ${rules.map((rule) => rule.name).join(", ")}`,
          },
        ],
  );
  if (rules.some(({ signal }) => signal === "retraining_failed")) return unknown;
  const message =
    "a retraining that fails would be told to nobody: add a rule of the signal retraining_failed, above 0";
  return [...unknown, { path: ["retrain"], message }];
}
