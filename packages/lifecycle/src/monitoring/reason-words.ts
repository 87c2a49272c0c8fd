import type { Pattern } from "./pattern-scan.ts";
import { englishReasons } from "./reason-words-en.ts";
import { portugueseReasons } from "./reason-words-pt.ts";

export type Language = "en" | "pt-BR";

export const LANGUAGES: readonly Language[] = ["en", "pt-BR"];

/** What a monitor can say, with the figures each sentence needs. A language that lacks one does not compile. */
export interface ReasonWords {
  nothingFound(): string;
  noTraffic(): string;
  noMatureCohort(p: { maturityDays: number }): string;
  alertRateHigh(p: { rate: number; budget: number }): string;
  alertRateLow(p: { rate: number; budget: number }): string;
  latencyHigh(p: { p99: number; limit: number }): string;
  scoreDrift(p: { psi: number }): string;
  featureDrift(p: { feature: string; psi: number; importance: number; others: number }): string;
  domainMoved(p: { auc: number; low: number; high: number; features: readonly string[] }): string;
  togetherMoved(p: { auc: number; low: number; high: number; features: readonly string[] }): string;
  patternRisen(p: { pattern: Pattern; now: number; before: number; from: number }): string;
  featureRescaled(p: { feature: string; factor: number }): string;
  featureBeyond(p: { feature: string; share: number; least: number; largest: number }): string;
  silentHours(p: { from: number; hours: number; expected: number }): string;
  missingHours(p: {
    feature: string;
    from: number;
    hours: number;
    missing: number;
    rows: number;
    others: number;
  }): string;
  featureMissing(p: { feature: string; before: number; now: number }): string;
  newTypology(p: { name: string; frauds: number; caught: number; since: number }): string;
  typologyWorse(p: { name: string; recall: number; before: number; frauds: number }): string;
  recallWorse(p: { recall: number; before: number; frauds: number }): string;
  estimateFallen(p: { recall: number; before: number; from: number }): string;
  estimatesFailed(p: { cohorts: number; held: number }): string;
  fraudScoresFallen(p: { median: number; before: number; frauds: number }): string;
}

const CATALOGUES: Readonly<Record<Language, ReasonWords>> = { en: englishReasons, "pt-BR": portugueseReasons };

/** One thing said in both languages. */
export type Spoken = Readonly<Record<Language, string>>;

export const speak = (say: (words: ReasonWords, language: Language) => string): Spoken => ({
  en: say(CATALOGUES.en, "en"),
  "pt-BR": say(CATALOGUES["pt-BR"], "pt-BR"),
});
