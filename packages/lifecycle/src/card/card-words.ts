import type { Language } from "../monitoring/reason-words.ts";
import type { Fact, MissingReason, ModelCard } from "./card.ts";
import { englishCard } from "./card-words-en.ts";
import { portugueseCard } from "./card-words-pt.ts";

type CheckStatus = NonNullable<ModelCard["gate"]>["checks"][number]["status"];

/** Every text of a card. A language that lacks one does not compile. */
export interface CardWords {
  readonly title: string;
  readonly version: string;
  readonly unknown: string;
  readonly none: string;
  readonly yes: string;
  readonly no: string;
  readonly madeAt: (instant: string) => string;

  readonly model: string;
  readonly purpose: string;
  readonly owner: string;
  readonly useLimits: string;
  readonly standing: string;
  readonly registered: string;
  readonly trainer: string;
  readonly flavors: string;
  readonly inputs: string;
  readonly size: string;

  readonly data: string;
  readonly dataNote: string;
  readonly rawData: string;
  readonly digest: string;
  readonly labelsAsOf: string;
  readonly maturity: string;
  readonly days: (count: string) => string;
  readonly features: string;
  readonly dataset: string;
  readonly use: string;
  readonly rows: string;
  readonly frauds: string;
  readonly period: string;

  readonly metrics: string;
  readonly metricsNote: (source: string) => string;
  readonly metric: string;
  readonly value: string;
  readonly interval: string;
  readonly otherMetrics: (count: string) => string;
  readonly metricName: (key: string) => string;

  readonly slices: string;
  readonly slicesNote: string;
  readonly typologies: string;
  readonly group: string;
  readonly caught: string;
  readonly recall: string;
  readonly falsePositives: string;

  readonly gate: string;
  readonly gateNote: (gate: string, instant: string) => string;
  readonly check: string;
  readonly found: string;
  readonly status: Readonly<Record<CheckStatus, string>>;
  readonly parity: string;
  readonly parityText: (p: { engine: string; rows: string; differing: string; ulp: string }) => string;

  readonly limits: string;
  readonly otherModel: string;
  readonly changedCode: string;
  readonly threshold: (p: { threshold: string; budget: string | undefined }) => string;
  readonly prevalence: (p: { prevalence: string; world: string | undefined }) => string;
  readonly mature: (p: { asOf: string; days: string | undefined }) => string;
  readonly unproven: (title: string, reason: string) => string;
  readonly fewCases: (groups: string) => string;
  readonly noIntervals: string;

  readonly approvals: string;
  readonly approvalsNote: string;
  readonly demands: (p: { targets: string; approvals: string | undefined; evidence: boolean }) => string;
  readonly noPolicy: string;
  readonly who: string;
  readonly what: string;
  readonly when: string;
  readonly noApprovals: string;

  readonly lineage: string;
  readonly lineageNote: string;
  readonly code: string;
  readonly branch: string;
  readonly environment: string;
  readonly run: string;
  readonly loggedModel: string;
  readonly modelDigest: string;
  readonly modelVersion: string;
  readonly evidence: string;
  readonly gateDigest: string;
  readonly timelineEntry: string;
  readonly endpoints: string;

  readonly missing: string;
  readonly missingNote: string;
  readonly facts: Readonly<Record<Fact, string>>;
  readonly reasons: Readonly<Record<MissingReason, string>>;
}

export const CARD_WORDS: Readonly<Record<Language, CardWords>> = { en: englishCard, "pt-BR": portugueseCard };
