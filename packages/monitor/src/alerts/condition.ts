import type { Rule } from "../file/rule.ts";
import { type SignalLabel, signalDefinition } from "../signals/catalogue.ts";
import type { Signal, SignalLabels } from "../signals/signal.ts";

/** What a rule says of one feature, typology, version or arm, at one instant. */
export interface Sample {
  readonly labels: SignalLabels;
  /** The signal's value; how many times its budget, for a rule that burns. */
  readonly value: number;
  /** It is beyond the limit. */
  readonly breached: boolean;
  /** It is back where the rule may end: between the two, nothing changes. */
  readonly cleared: boolean;
}

/** The windows, milliseconds, over which a rule's signal must be known. */
export function windowsOf({ window, burn }: Rule): readonly number[] {
  if (window !== undefined) return [window];
  return [burn?.fast, burn?.slow].flatMap((pair) => (pair === undefined ? [] : [pair.long, pair.short]));
}

/** A rule on the signals of an instant. Pure; one sample for each labels that the rule is about and that have a value. */
export function samplesOf(rule: Rule, signals: readonly Signal[]): readonly Sample[] {
  const own = signals.filter((signal) => signal.name === rule.signal && isOf(rule, signal.labels));
  return rule.burn === undefined ? own.flatMap((signal) => plainSample(rule, signal)) : burnSamples(rule, own);
}

function plainSample(rule: Rule, { labels, value, windowMs }: Signal): readonly Sample[] {
  if (windowMs !== rule.window) return [];
  const { above, below, resolve } = rule;
  const breached = (above !== undefined && value > above) || (below !== undefined && value < below);
  const cleared = above === undefined ? value >= (resolve ?? below ?? value) : value <= (resolve ?? above);
  return [{ labels, value, breached, cleared }];
}

function burnSamples({ burn }: Rule, signals: readonly Signal[]): readonly Sample[] {
  const keys = new Set(signals.map(({ labels }) => labelsKey(labels)));
  return [...keys].flatMap((key) => {
    const own = signals.filter(({ labels }) => labelsKey(labels) === key);
    const burnt = (window: number): number | undefined => {
      const signal = own.find(({ windowMs }) => windowMs === window);
      return signal && signal.value / burn!.budget;
    };
    const pairs = [burn!.fast, burn!.slow].flatMap((pair) => {
      const [long, short] = [pair && burnt(pair.long), pair && burnt(pair.short)];
      return long === undefined || short === undefined ? [] : [{ both: Math.min(long, short), factor: pair!.factor }];
    });
    if (pairs.length === 0) return [];
    const breached = pairs.some(({ both, factor }) => both > factor);
    return [
      { labels: own[0]!.labels, value: Math.max(...pairs.map(({ both }) => both)), breached, cleared: !breached },
    ];
  });
}

/** Versions and arms are told apart only for a rule that names them; features and typologies always. */
const SPLIT: readonly SignalLabel[] = ["version", "arm"];

function isOf({ where, signal }: Rule, labels: SignalLabels): boolean {
  const isSplit = SPLIT.some((label) => where[label] !== undefined);
  if (!isSplit && SPLIT.some((label) => labels[label] !== undefined)) return false;
  return signalDefinition(signal).labels.every((label) => {
    const [named, value] = [where[label], labels[label]];
    if (named === undefined) return true;
    if (value === undefined) return false;
    return named === "*" || (typeof named === "string" ? named === value : named.includes(value));
  });
}

/** The same text for the same labels, in whatever order they were given. */
export const labelsKey = (labels: SignalLabels): string =>
  JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
