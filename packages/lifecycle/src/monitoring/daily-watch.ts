import { invalid } from "@esteira/core/errors";
import {
  binsOf,
  countPatterns,
  type Grid,
  gridOf,
  type Pattern,
  PatternScan,
  patternAt,
  patternReference,
} from "./pattern-scan.ts";
import {
  addEvidence,
  type CountReference,
  type FigureReference,
  fallOfCount,
  figureReference,
  riseOfCount,
  shiftOfFigure,
} from "./sequential-change.ts";

/** A day's decisions, and the reports of fraud that came on it, whenever the transfers were. */
export interface Day {
  /** Its beginning, milliseconds. */
  readonly from: number;
  /** One column a feature, in the order of the reference's. NaN is a missing value. */
  readonly features: readonly ArrayLike<number>[];
  readonly score: ArrayLike<number>;
  /** 1 when the transfer was alerted. */
  readonly alerted: ArrayLike<number>;
  /** Undefined where nobody tells of any: then none are watched. */
  readonly reports: readonly Report[] | undefined;
}

interface Report {
  /** Whether the transfer had been alerted. */
  readonly caught: boolean;
  /** Its kind, where that is told. */
  readonly typology?: string;
}

/** What is kept of a day: as much for ten rows as for ten million. */
export interface DaySummary {
  readonly from: number;
  readonly rows: number;
  readonly patterns: Uint32Array;
  /** By feature: the mean of its values' ranks among the reference's, 0 to 1, and how many are missing. */
  readonly ranks: readonly number[];
  readonly missing: readonly number[];
  readonly alerts: number;
  /** Sum of the scores: what a model whose scores are probabilities expects. */
  readonly expectedFrauds: number;
  /** NaN where nobody tells. */
  readonly reports: number;
  /** Of them, transfers that were not alerted. */
  readonly missedReports: number;
  readonly typologies: ReadonlyMap<string, number>;
}

/** What has changed, and since when it speaks. The rates are of a day. */
export type Change = { readonly from: number } & (
  | { readonly kind: "pattern"; readonly pattern: Pattern; readonly now: number; readonly before: number }
  | { readonly kind: "typology"; readonly typology: string; readonly now: number; readonly before: number }
  | {
      readonly kind: "feature-moved" | "feature-missing";
      readonly feature: string;
      readonly now: number;
      readonly before: number;
    }
  | {
      readonly kind: "alerts" | "expected-frauds" | "reports-risen" | "missed-reports" | "reports-silent";
      readonly now: number;
      readonly before: number;
    }
);

export interface WatchSettings {
  /** Days to the first false alarm of all that is watched, on average, at the least. */
  readonly falseAlarmDays: number;
  /** Reports from which a typology that the reference did not have is told. */
  readonly newTypologyReports: number;
}

/** Chosen by `npm run bench -- detection`. */
export const STANDARD_WATCH: WatchSettings = { falseAlarmDays: 90, newTypologyReports: 3 };

/** Of a false alarm's chance, what each kind of detector may use. */
const SHARES = { patterns: 0.5, figures: 0.25, missing: 0.125, reports: 0.125 } as const;
/** Days of a reference below which a day's variation is not known. */
export const LEAST_DAYS = 7;

export function summarise(day: Day, grid: Grid): DaySummary {
  const bins = grid.cuts.map((cuts, at) => binsOf(cuts, day.features[at]!));
  const rows = day.score.length;
  const typologies = new Map<string, number>();
  for (const { typology } of day.reports ?? [])
    if (typology !== undefined) typologies.set(typology, (typologies.get(typology) ?? 0) + 1);
  let [alerts, expectedFrauds] = [0, 0];
  for (let row = 0; row < rows; row++) {
    alerts += day.alerted[row]!;
    expectedFrauds += day.score[row]!;
  }
  const ranked = bins.map((of, at) => rankOf(of, grid.cuts[at]!.length));
  return {
    from: day.from,
    rows,
    patterns: countPatterns(bins),
    ranks: ranked.map(({ mean }) => mean),
    missing: ranked.map(({ missing }) => missing),
    alerts,
    expectedFrauds,
    reports: day.reports?.length ?? Number.NaN,
    missedReports: day.reports?.filter(({ caught }) => !caught).length ?? Number.NaN,
    typologies,
  };
}

/** A bin's number is its rank: as good as the share below it, where only changes are looked for. */
function rankOf(bins: Uint8Array, most: number): { mean: number; missing: number } {
  let [sum, present] = [0, 0];
  for (const bin of bins) {
    if (bin > most) continue;
    sum += bin;
    present++;
  }
  return { mean: present === 0 ? Number.NaN : sum / present / most, missing: bins.length - present };
}

/** Values of a feature that its cuts are taken from. */
const SAMPLE = 50_000;

/** Cuts a feature's values by those of the reference's days, or of a part of them where they are many. */
export function gridOfDays(names: readonly string[], days: readonly Pick<Day, "features">[]): Grid {
  const rows = days.reduce((sum, { features }) => sum + (features[0]?.length ?? 0), 0);
  const stride = Math.max(1, Math.floor(rows / SAMPLE));
  return gridOf(
    names.map((name, at) => ({
      name,
      values: Float64Array.from(
        days.flatMap(({ features }) => Array.from(features[at]!).filter((_, row) => row % stride === 0)),
      ),
    })),
  );
}

/** Watches days, one after the other, for what the reference's days were not like. */
export class DailyWatch {
  readonly #grid: Grid;
  readonly #patterns: PatternScan;
  readonly #detectors: readonly Detector[];
  readonly #settings: WatchSettings;
  readonly #known: ReadonlySet<string>;
  readonly #typologies = new Map<string, number>();

  /** @throws EsteiraError INVALID_PARAMETER_VALUE for a reference of less than seven days. */
  constructor(grid: Grid, reference: readonly DaySummary[], settings: WatchSettings = STANDARD_WATCH) {
    if (reference.length < LEAST_DAYS)
      throw invalid(
        `The reference has ${reference.length} days; at least ${LEAST_DAYS} are needed to know how days vary.`,
      );
    this.#grid = grid;
    this.#settings = settings;
    this.#patterns = new PatternScan(patternReference(reference), settings.falseAlarmDays / SHARES.patterns);
    this.#detectors = detectorsOf(grid, reference, settings.falseAlarmDays);
    this.#known = new Set(reference.flatMap(({ typologies }) => [...typologies.keys()]));
  }

  /** What the day shows, together with those before it; a detector begins anew when it has told of a change. */
  add(day: DaySummary): Change[] {
    const { from } = day;
    const changes: Change[] = this.#detectors.flatMap((detector) => detector.add(day) ?? []);
    const risen = this.#patterns.add(day);
    if (risen !== undefined)
      changes.push({
        from,
        kind: "pattern",
        pattern: patternAt(this.#grid, risen.index),
        now: risen.count,
        before: risen.expected,
      });
    for (const [typology, reports] of day.typologies) {
      if (this.#known.has(typology)) continue;
      const before = this.#typologies.get(typology) ?? 0;
      this.#typologies.set(typology, before + reports);
      if (before < this.#settings.newTypologyReports && before + reports >= this.#settings.newTypologyReports)
        changes.push({ from, kind: "typology", typology, now: before + reports, before: 0 });
    }
    return changes;
  }
}

interface Detector {
  add(day: DaySummary): Change | undefined;
}

function detectorsOf(grid: Grid, reference: readonly DaySummary[], falseAlarmDays: number): readonly Detector[] {
  const { features } = grid;
  const figures = Math.log((falseAlarmDays * (features.length + 2)) / SHARES.figures);
  const missing = Math.log((falseAlarmDays * features.length) / SHARES.missing);
  const reports = Math.log((falseAlarmDays * 3) / SHARES.reports);
  const perRow = (of: (day: DaySummary) => number) => (day: DaySummary) => of(day) / day.rows;
  return [
    ...features.map((feature, at) =>
      figureDetector({ kind: "feature-moved", feature }, (day) => day.ranks[at]!, reference, figures),
    ),
    ...features.map((feature, at) =>
      countDetector({ kind: "feature-missing", feature }, (day) => day.missing[at]!, reference, missing, riseOfCount),
    ),
    figureDetector(
      { kind: "alerts" },
      perRow((day) => day.alerts),
      reference,
      figures,
    ),
    figureDetector(
      { kind: "expected-frauds" },
      perRow((day) => day.expectedFrauds),
      reference,
      figures,
    ),
    countDetector({ kind: "reports-risen" }, (day) => day.reports, reference, reports, riseOfCount),
    countDetector({ kind: "missed-reports" }, (day) => day.missedReports, reference, reports, riseOfCount),
    countDetector({ kind: "reports-silent" }, (day) => day.reports, reference, reports, fallOfCount),
  ];
}

type Named =
  | { readonly kind: "feature-moved" | "feature-missing"; readonly feature: string }
  | { readonly kind: "alerts" | "expected-frauds" | "reports-risen" | "missed-reports" | "reports-silent" };

function figureDetector(
  named: Named,
  of: (day: DaySummary) => number,
  reference: readonly DaySummary[],
  limit: number,
): Detector {
  const before: FigureReference = figureReference(reference.map(of).filter((value) => !Number.isNaN(value)));
  return detector(named, limit, (day) => {
    const now = of(day);
    return { evidence: Number.isNaN(now) ? 0 : shiftOfFigure(now, before), now, before: before.mean };
  });
}

/** Counts are compared a row, so that a day of twice the transfers is expected to have twice as many. */
function countDetector(
  named: Named,
  of: (day: DaySummary) => number,
  reference: readonly DaySummary[],
  limit: number,
  evidenceOf: (count: number, reference: CountReference) => number,
): Detector {
  const rows = reference.reduce((sum, day) => sum + day.rows, 0);
  const all = reference.reduce((sum, day) => sum + of(day), 0);
  const mean = (all + 0.5) / reference.length;
  const variance =
    reference.reduce((sum, day) => sum + (of(day) - (all * day.rows) / rows) ** 2, 0) / (reference.length - 1);
  const shape = 1 / (1 / (all + 0.5) + Math.max(0, (variance - mean) / mean ** 2));
  return detector(named, limit, (day) => {
    const expected = ((all + 0.5) * day.rows) / rows;
    const now = of(day);
    return { evidence: Number.isNaN(now + all) ? 0 : evidenceOf(now, { expected, shape }), now, before: expected };
  });
}

function detector(
  named: Named,
  limit: number,
  look: (day: DaySummary) => { readonly evidence: number; readonly now: number; readonly before: number },
): Detector {
  let evidence = Number.NEGATIVE_INFINITY;
  return {
    add(day) {
      const seen = look(day);
      evidence = addEvidence(evidence, seen.evidence);
      if (evidence < limit) return undefined;
      evidence = Number.NEGATIVE_INFINITY;
      return { from: day.from, ...named, now: seen.now, before: seen.before };
    },
  };
}
