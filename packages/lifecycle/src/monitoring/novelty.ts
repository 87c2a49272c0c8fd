import { type Interval, quantileOfSorted } from "@esteira/models/evaluation/interval";
import { type Decisions, isKnownFraud } from "./decisions.ts";
import { ksDistance } from "./distribution/samples.ts";
import { ksSignificance } from "./distribution/significance.ts";
import type { Level } from "./levels.ts";
import type { Spoken } from "./reason-words.ts";
import type { MonitorSettings } from "./settings.ts";
import { effectiveRows, weightedInterval, weightOf } from "./weighted-share.ts";

const WEEK = 7 * 86_400_000;

/** What the model was like when it was accepted: the evaluation's frauds, at the same threshold. */
export interface FraudReference {
  /** Index into the typologies' names; 0 none. */
  readonly typologies: readonly {
    readonly name: string;
    /** The name for people, where it is more than the name's words. */
    readonly spoken?: Spoken | undefined;
    /** Known frauds of it in the training rows. */
    readonly trained: number;
    /** Known frauds of it in the evaluation rows, and those that the threshold caught. */
    readonly frauds: number;
    readonly caught: number;
  }[];
  /** Scores of all frauds of the evaluation rows. */
  readonly fraudScores: ArrayLike<number>;
}

export interface TypologyRow {
  readonly name: string;
  readonly spoken: Spoken;
  readonly trained: number;
  /** Share of the training's frauds, and of those known now. */
  readonly shareTrained: number;
  readonly share: number;
  readonly frauds: number;
  readonly caught: number;
  readonly recall: number;
  readonly recallInterval: Interval;
  /** NaN when the evaluation had none. */
  readonly referenceRecall: number;
  readonly referenceFrauds: number;
  /** By week of the transfer, from the window's beginning. */
  readonly weeks: readonly { readonly from: number; readonly frauds: number; readonly caught: number }[];
  /** When the first case became known; NaN without. */
  readonly firstKnownAt: number;
  /** `new`: training never saw it. `worse`: recall fell beyond chance. `few`: too few cases to compare. */
  readonly status: "as_before" | "new" | "worse" | "few";
  readonly level: Level;
}

export interface FraudScores {
  readonly frauds: number;
  readonly medianReference: number;
  readonly medianCurrent: number;
  readonly ks: number;
  /** The scores of known frauds have fallen, beyond chance. */
  readonly level: Level;
}

export interface Novelty {
  readonly typologies: readonly TypologyRow[];
  /** All known frauds of the window, of whatever typology. */
  readonly all: TypologyRow;
  readonly fraudScores: FraudScores;
}

/**
 * Is the fraud still the fraud that the model learnt? By typology, of the frauds known at `asOf`: does one appear that training
 * never saw, has the recall of one fallen, have the scores of known frauds fallen. A label that comes late hides new
 * fraud, it does not invent it: so young labels count here, as they must not in performance.
 */
export function noveltyOf(
  decisions: Decisions,
  reference: FraudReference,
  options: {
    readonly window: { readonly from: number; readonly to: number };
    readonly asOf: number;
    readonly settings: MonitorSettings;
  },
): Novelty {
  const { window, asOf, settings } = options;
  const weeks = Math.max(1, Math.ceil((window.to - window.from) / WEEK));
  const tally = () => ({
    frauds: 0,
    squares: 0,
    cases: 0,
    caught: 0,
    firstKnownAt: Number.NaN,
    weeks: Array.from({ length: weeks }, (_, i) => ({ from: window.from + i * WEEK, frauds: 0, caught: 0 })),
  });
  const tallies = reference.typologies.map(tally);
  const all = tally();
  const scores: number[] = [];
  for (let row = 0; row < decisions.time.length; row++) {
    const time = decisions.time[row]!;
    if (time < window.from || time >= window.to || !isKnownFraud(decisions, row, asOf)) continue;
    const weight = weightOf(decisions, row);
    const caught = decisions.alerted[row] === 1 ? weight : 0;
    const typology = tallies[decisions.typology?.[row] ?? 0];
    for (const each of typology === undefined ? [all] : [all, typology]) {
      const week = each.weeks[Math.floor((time - window.from) / WEEK)]!;
      each.frauds += weight;
      each.squares += weight ** 2;
      each.cases++;
      each.caught += caught;
      week.frauds += weight;
      week.caught += caught;
      if (!(decisions.knownAt[row]! >= each.firstKnownAt)) each.firstKnownAt = decisions.knownAt[row]!;
    }
    scores.push(decisions.score[row]!);
  }
  const total: FraudReference["typologies"][number] = {
    name: "all",
    trained: sum(reference.typologies, (typology) => typology.trained),
    frauds: sum(reference.typologies, (typology) => typology.frauds),
    caught: sum(reference.typologies, (typology) => typology.caught),
  };
  const overall = total.caught / total.frauds;
  const rowOf = (
    known: ReturnType<typeof tally>,
    before: FraudReference["typologies"][number],
    isTypology: boolean,
  ): TypologyRow => {
    const recallInterval = weightedInterval(known.caught, { total: known.frauds, squares: known.squares });
    const fall = fallOf(known, before, settings);
    const isNew = isTypology && before.trained === 0 && known.cases >= settings.newTypologyCases;
    const few = known.cases < settings.typologyCases || before.frauds < settings.typologyCases;
    return {
      name: before.name,
      spoken: before.spoken ?? inWords(before.name),
      trained: before.trained,
      shareTrained: before.trained / total.trained,
      share: known.frauds / all.frauds,
      frauds: known.frauds,
      caught: known.caught,
      recall: known.caught / known.frauds,
      recallInterval,
      referenceRecall: before.caught / before.frauds,
      referenceFrauds: before.frauds,
      weeks: known.weeks,
      firstKnownAt: known.firstKnownAt,
      status: isNew ? "new" : fall !== "info" ? "worse" : few ? "few" : "as_before",
      // A new kind that the model happens to catch deserves a look; one that it misses, an action.
      level: isNew ? (recallInterval.high < overall ? "act" : "watch") : fall,
    };
  };
  return {
    typologies: reference.typologies
      .map((before, i) => rowOf(tallies[i]!, before, i !== 0))
      .filter((row, i) => i !== 0 && (row.frauds > 0 || row.trained > 0)),
    all: rowOf(all, total, false),
    fraudScores: fraudScoresOf(scores, reference.fraudScores, settings),
  };
}

/** The recall now against the reference: two shares, pooled, one-sided 1 %, and a fall that is large enough to matter. */
function fallOf(
  now: { frauds: number; squares: number; cases: number; caught: number },
  before: { frauds: number; caught: number },
  settings: MonitorSettings,
): Level {
  if (now.cases < settings.typologyCases || before.frauds < settings.typologyCases) return "info";
  const drop = before.caught / before.frauds - now.caught / now.frauds;
  const rows = effectiveRows({ total: now.frauds, squares: now.squares });
  const pooled = (before.caught + (now.caught * rows) / now.frauds) / (before.frauds + rows);
  const error = Math.sqrt(pooled * (1 - pooled) * (1 / before.frauds + 1 / rows));
  if (!(drop > 2.326 * error) || drop < settings.recallDropWatch) return "info";
  return drop >= settings.recallDropAct ? "act" : "watch";
}

function fraudScoresOf(
  current: readonly number[],
  reference: ArrayLike<number>,
  settings: MonitorSettings,
): FraudScores {
  const median = (values: ArrayLike<number>) => quantileOfSorted(Float64Array.from(values).sort(), 0.5);
  const medianReference = median(reference);
  const medianCurrent = median(current);
  const ks = ksDistance(reference, current);
  const fallen =
    current.length >= 20 &&
    medianCurrent < medianReference &&
    ks >= settings.ksWatch &&
    ksSignificance(ks, reference.length, current.length) < settings.significance;
  return { frauds: current.length, medianReference, medianCurrent, ks, level: fallen ? "watch" : "info" };
}

const inWords = (name: string): Spoken => {
  const words = name.replaceAll("_", " ");
  return { en: words, "pt-BR": words };
};

const sum = <T>(items: readonly T[], of: (item: T) => number): number =>
  items.reduce((total, item) => total + of(item), 0);
