/** The state of a model, from its ledgers: what it decided, what is known of it at an instant, and what it is compared with. */

import { createHash } from "node:crypto";
import { invalid } from "@esteira/core/errors";
import type { Decisions } from "@esteira/lifecycle/monitoring/decisions";
import { domainDrift } from "@esteira/lifecycle/monitoring/domain-drift";
import type { FeatureSample } from "@esteira/lifecycle/monitoring/drift";
import { type MonitorReport, monitor } from "@esteira/lifecycle/monitoring/monitor";
import type { FraudReference } from "@esteira/lifecycle/monitoring/novelty";
import { reconstructionDrift } from "@esteira/lifecycle/monitoring/reconstruction-drift";
import { type MonitorSettings, STANDARD_SETTINGS } from "@esteira/lifecycle/monitoring/settings";
import type { KeptLabel } from "../labels/label.ts";
import { labelsAsOf } from "../labels/labels-as-of.ts";
import { existingDays } from "../ledger/parts.ts";
import type { ColumnMap } from "../source/mapped-file.ts";
import { CategoryCodes } from "./category-codes.ts";
import { type LedgerRows, moneyOf, readLedgerRows } from "./ledger-rows.ts";
import { type ModelChoice, type ModelInSpan, modelInSpan } from "./model-in-span.ts";
import { ledgerReference, type Reference } from "./reference.ts";
import { readReferenceFile } from "./reference-file.ts";
import { readSteadily, type Span } from "./span.ts";

export interface LedgerReportOptions extends ModelChoice {
  readonly ledger: string;
  /** Nothing that became known later is seen. Milliseconds. */
  readonly asOf: number;
  /** Labels that were entered later are left out too: an earlier report is made again. Milliseconds. */
  readonly recordedBy?: number | undefined;
  readonly window: Span;
  /** A file, or an earlier span of the ledger itself. */
  readonly reference: { readonly file: string; readonly map: ColumnMap } | { readonly window: Span };
  /** Where decisions say none. */
  readonly threshold?: number | undefined;
  /** Share of the decisions that the desk can work; the reference's alert rate unless given. */
  readonly budget?: number | undefined;
  /** The feature that is the amount of money, where labels do not say it. */
  readonly amount?: string | undefined;
  /** ISO 4217. */
  readonly currency: string;
  readonly settings?: Partial<MonitorSettings> | undefined;
  /** Rows of which features are compared, at most about. */
  readonly mostSampled?: number | undefined;
}

export interface LedgerReport {
  readonly report: MonitorReport;
  /** What a reader should know of the data, in English. */
  readonly notes: readonly string[];
}

const MOST_SAMPLED = 100_000;

/** Throws RESOURCE_DOES_NOT_EXIST where there is no ledger, INVALID_PARAMETER_VALUE for what cannot be told without being asked. */
export async function reportOnLedger(options: LedgerReportOptions): Promise<LedgerReport> {
  await existingDays(options.ledger);
  return readSteadily(() => report(options));
}

async function report(options: LedgerReportOptions): Promise<LedgerReport> {
  const { ledger, asOf, window, currency } = options;
  const model = await modelInSpan(ledger, window, options);
  const codes = new CategoryCodes();
  const mostSampled = options.mostSampled ?? MOST_SAMPLED;
  const read = { model, codes, mostSampled, amount: options.amount, threshold: options.threshold };
  const rows = await readLedgerRows(ledger, window, read);
  const labels = await labelsAsOf(ledger, asOf, options.recordedBy);
  const given = options.reference;
  const earlier = "window" in given ? await readLedgerRows(ledger, given.window, read) : undefined;
  const threshold = options.threshold ?? rows.threshold ?? earlier?.threshold;
  if (threshold === undefined || threshold === null)
    throw invalid(
      `No decision of ${model.name} version ${model.version} says its threshold: give it with --threshold.`,
    );
  const reference =
    "window" in given
      ? ledgerReference(earlier!, labels, `decisions of ${spoken(given.window)}`)
      : await readReferenceFile(given.file, { map: given.map, threshold, features: rows.features, mostSampled, codes });
  if (reference.scores.length === 0)
    throw invalid(
      `The reference (${reference.description}) has no decision of ${model.name} version ${model.version}: give another with --reference or --reference-window.`,
    );
  const budget = options.budget ?? reference.alertRate;
  if (!(budget > 0))
    throw invalid("The reference has no alert, so its alert rate is no budget: give one with --budget.");
  const typologies = typologyNames(labels, reference);
  const { features, importanceToAct } = featureSamples(rows, reference, earlier, options.settings);
  const domain = await domainDrift(features);
  const reconstruction = reconstructionDrift(features);
  const made = monitor({
    ...{ asOf, window, alertBudget: budget, features, domain, reconstruction, referenceScores: reference.scores },
    identity: {
      ...{ model: model.name, version: model.version, modelDigest: model.digest, threshold, currency },
      reference: reference.description,
      data: `ledger '${ledger}', ${rows.ids.length} rows`,
      dataDigest: digestOf(rows),
    },
    decisions: decisionsOf(rows, labels, typologies),
    windowScores: Float64Array.from(rows.sampled, (row) => rows.score[row]!),
    windowTimes: Float64Array.from(rows.sampled, (row) => rows.time[row]!),
    referenceTimes: reference.times,
    fraudReference: fraudReferenceOf(reference, typologies),
    ...(earlier === undefined ? {} : { earlierFrauds: fraudDelays(earlier, labels, typologies) }),
    settings: { ...options.settings, importanceToAct },
  });
  return { report: made, notes: notesOf(model, rows, labels, reference) };
}

/** What the rows and labels say, for statistics. `typologies` are the names whose places the codes are, none first. */
export function decisionsOf(
  { ids, time, score, alerted, latencyMs, amount, weight }: LedgerRows,
  labels: ReadonlyMap<string, KeptLabel>,
  typologies: readonly string[],
): Decisions {
  const codes = new Map(typologies.map((name, code) => [name, code]));
  const known = ids.map((id) => labels.get(id));
  return {
    ...{ time, score, alerted, latencyMs, weight },
    amount: Float64Array.from(known, (label, row) => moneyOf(label, amount[row]!)),
    fraud: Uint8Array.from(known, (label) => (label?.label === "fraud" ? 1 : 0)),
    knownAt: Float64Array.from(known, (label) => label?.knownAt ?? Number.NaN),
    typology: Uint8Array.from(known, (label) => codes.get(label?.typology ?? NO_TYPOLOGY) ?? 0),
  };
}

const NO_TYPOLOGY = "none";
const MOST_TYPOLOGIES = 255;

/** Names of all typologies, none first. */
function typologyNames(labels: ReadonlyMap<string, KeptLabel>, { frauds }: Reference): readonly string[] {
  const names = new Set<string>();
  for (const { typology } of labels.values()) if (typology !== null) names.add(typology);
  for (const { typology } of frauds) if (typology !== null) names.add(typology);
  names.delete(NO_TYPOLOGY);
  if (names.size > MOST_TYPOLOGIES)
    throw invalid(`The labels name ${names.size} typologies; at most ${MOST_TYPOLOGIES} are told apart: group them.`);
  return [NO_TYPOLOGY, ...[...names].sort()];
}

function fraudReferenceOf({ frauds }: Reference, typologies: readonly string[]): FraudReference {
  const isLabelled = frauds.length > 0;
  const tallies = typologies.map((name) => {
    const own = frauds.filter(({ typology }) => (typology ?? NO_TYPOLOGY) === name);
    const total = sum(own, ({ weight }) => weight);
    // Without a known fraud nothing can be called new.
    return {
      name,
      trained: isLabelled ? total : Number.NaN,
      frauds: total,
      caught: sum(own, ({ isCaught, weight }) => (isCaught ? weight : 0)),
    };
  });
  const fraudScores = frauds.flatMap(({ score, weight }) => new Array<number>(Math.round(weight)).fill(score));
  return { typologies: tallies, fraudScores };
}

function fraudDelays({ ids, time }: LedgerRows, labels: ReadonlyMap<string, KeptLabel>, typologies: readonly string[]) {
  const codes = new Map(typologies.map((name, code) => [name, code]));
  const frauds = ids.flatMap((id, row) => {
    const label = labels.get(id);
    return label?.label === "fraud"
      ? [{ time: time[row]!, knownAt: label.knownAt, typology: codes.get(label.typology ?? NO_TYPOLOGY) ?? 0 }]
      : [];
  });
  return {
    times: frauds.map((fraud) => fraud.time),
    knownAt: frauds.map(({ knownAt }) => knownAt),
    typology: frauds.map(({ typology }) => typology),
  };
}

/**
 * Features of the window beside those of the reference. Their importance is the share of the log odds that reasons gave them; where there are no reasons
 * all count alike, and any of them may call for action.
 */
function featureSamples(
  rows: LedgerRows,
  reference: Reference,
  earlier: LedgerRows | undefined,
  settings: Partial<MonitorSettings> | undefined,
): { readonly features: readonly FeatureSample[]; readonly importanceToAct: number } {
  const before = new Map(reference.features.map((feature) => [feature.name, feature]));
  const given = (name: string) => (rows.contributions.get(name) ?? 0) + (earlier?.contributions.get(name) ?? 0);
  const told = rows.features.filter(({ name, kind }) => before.get(name)?.kind === kind);
  const total = sum(told, ({ name }) => given(name));
  const importanceToAct = settings?.importanceToAct ?? STANDARD_SETTINGS.importanceToAct;
  return {
    importanceToAct: total > 0 ? importanceToAct : Math.min(importanceToAct, 1 / Math.max(1, told.length)),
    features: told.map(({ name, kind, cells }) => ({
      ...{ name, kind, current: cells, reference: before.get(name)?.cells ?? [] },
      importance: total > 0 ? given(name) / total : 1 / told.length,
    })),
  };
}

/** Of the ids, times and scores that the report is made of: the same data have the same. */
function digestOf({ ids, time, score }: LedgerRows): string {
  const hash = createHash("sha256");
  ids.forEach((id, row) => {
    hash.update(`${id}\n${time[row]}\n${score[row]}\n`);
  });
  return hash.digest("hex");
}

function notesOf(
  { others }: ModelInSpan,
  rows: LedgerRows,
  labels: ReadonlyMap<string, KeptLabel>,
  { frauds }: Reference,
): readonly string[] {
  const known = rows.ids.filter((id) => labels.has(id)).length;
  const note = (is: boolean, text: string) => (is ? [text] : []);
  const most = others.slice(0, 3).map(({ version, decisions }) => `${version} (${decisions})`);
  return [
    ...note(
      others.length > 0,
      `${others.length} other versions decided in this window, most of all ${most.join(", ")}: --version reports on one of them.`,
    ),
    ...note(rows.unscored > 0, `${rows.unscored} decisions have no number as their score and are left out.`),
    ...note(
      rows.ids.length > 0 && known === 0,
      "No decision of this window has a label yet: recall is estimated from the scores, not known.",
    ),
    ...note(frauds.length === 0, "The reference has no known fraud: no typology can be called new or worse."),
  ];
}

const spoken = ({ from, to }: Span): string => `${iso(from)} to ${iso(to)}`;
const iso = (at: number): string => new Date(at).toISOString().slice(0, 16);
const sum = <T>(items: readonly T[], of: (item: T) => number): number =>
  items.reduce((total, item) => total + of(item), 0);
