import type { Language } from "../monitoring/reason-words.ts";
import { englishReport } from "./report-words-en.ts";
import { portugueseReport } from "./report-words-pt.ts";

/** Every text of the page. A language that lacks one does not compile. */
export interface ReportWords {
  readonly title: string;
  readonly version: string;
  readonly verdict: Readonly<Record<"ok" | "watch" | "act", string>>;
  readonly levels: Readonly<Record<"info" | "watch" | "act", string>>;
  readonly asOf: string;
  readonly transfers: string;
  readonly alerts: string;
  readonly alertRate: string;
  readonly budget: string;
  readonly matureRecall: string;
  readonly matureMoney: string;
  readonly noneMature: string;
  readonly of: (part: string, whole: string) => string;
  readonly latency: string;
  readonly notMeasured: string;
  readonly slowest: string;

  readonly quality: string;
  readonly qualityNote: string;
  readonly qualityNothing: string;
  readonly what: string;
  readonly problem: string;
  readonly found: string;
  readonly decisions: string;
  readonly otherUnit: string;
  readonly beyondRange: string;
  readonly sourceStopped: string;
  readonly nothingDecided: string;
  readonly hours: (count: string) => string;
  readonly outside: (share: string, range: string) => string;
  readonly usual: (count: string) => string;

  readonly operation: string;
  readonly operationNote: string;
  readonly operationNoteLatency: (requests: string) => string;
  readonly perDay: string;

  readonly performance: string;
  readonly performanceNote: (maturityDays: string) => string;
  readonly recallByCohort: string;
  readonly legendMature: string;
  readonly legendYoung: string;
  readonly legendBefore: string;
  readonly stillArriving: string;
  readonly cohort: string;
  readonly knownFrauds: string;
  readonly expectedFrauds: string;
  readonly toCome: string;
  readonly recall: string;
  readonly estimatedRecall: string;
  readonly precision: string;
  readonly money: string;
  readonly mature: string;
  readonly young: string;
  readonly labelsByAge: string;
  readonly labelsByAgeNote: (p: { cases: string; median: string; p90: string }) => string;
  readonly ageInDays: string;
  readonly noDelays: string;
  readonly halfKnown: string;
  readonly mostKnown: string;

  readonly typologies: string;
  readonly typologiesNote: string;
  readonly noTypologies: string;
  readonly typology: string;
  readonly allTypologies: string;
  readonly trained: string;
  readonly byWeek: string;
  readonly before: string;
  readonly now: string;
  readonly nowAndBefore: string;
  readonly caught: string;
  readonly missed: string;
  readonly status: Readonly<Record<"as_before" | "new" | "worse" | "few", string>>;

  readonly drift: string;
  readonly driftNote: string;
  readonly score: string;
  readonly feature: string;
  readonly distribution: string;
  readonly byChance: string;
  readonly missing: string;
  readonly importance: string;
  readonly present: string;
  readonly moreFeatures: (count: string) => string;
  readonly level: Readonly<Record<"stable" | "watch" | "act", string>>;

  readonly identity: string;
  readonly model: string;
  readonly modelDigest: string;
  readonly threshold: string;
  readonly window: string;
  readonly data: string;
  readonly dataDigest: string;
  readonly reference: string;
  readonly method: string;
  readonly methodNotes: readonly string[];
}

export const REPORT_WORDS: Readonly<Record<Language, ReportWords>> = { en: englishReport, "pt-BR": portugueseReport };
