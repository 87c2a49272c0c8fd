import type { MonitorReport } from "@esteira/lifecycle/monitoring/monitor";
import type { Language, Spoken } from "@esteira/lifecycle/monitoring/reason-words";
import type { Alert } from "../alerts/alert.ts";
import type { Notification } from "../alerts/notification.ts";
import { figureText, instantText, labelsText, valueText } from "../delivery/words.ts";
import type { MonitorFile } from "../file/monitor-file.ts";
import type { Rule } from "../file/rule.ts";
import { signalDefinition } from "../signals/catalogue.ts";
import type { Signal } from "../signals/signal.ts";
import { CONCERNS, type Concern, type DiagnosisWords, diagnosisWords } from "./diagnosis-words.ts";
import type { StandingOut } from "./standing-out.ts";

/** What is known at the moment of an alert. */
export interface Facts {
  readonly file: Pick<MonitorFile, "rules" | "timezone" | "currency">;
  readonly signals: readonly Signal[];
  /** The newest report, where there is one. */
  readonly report: MonitorReport | undefined;
  /** The part of the decisions that stands out, where one does. */
  readonly slice?: StandingOut | undefined;
}

/**
 * A first diagnosis in one paragraph, in both languages: what changed and since when, where it shows most, which feature and which typology go with it,
 * what to do next. Pure, and of facts only: what is not known is not said.
 */
export const diagnose = (notification: Notification, facts: Facts): Spoken => ({
  en: paragraph(notification, facts, "en"),
  "pt-BR": paragraph(notification, facts, "pt-BR"),
});

/** Alerts whose cause may be a kind of fraud, or what the model is shown. */
const ABOUT_FRAUD: readonly Concern[] = ["fraud", "load", "report"];
const ABOUT_FEATURES: readonly Concern[] = [...ABOUT_FRAUD, "input"];

function paragraph({ alerts }: Notification, facts: Facts, language: Language): string {
  const words = diagnosisWords(language);
  const { rules, timezone } = facts.file;
  const firing = alerts.filter(({ phase }) => phase === "firing");
  const first = firing[0];
  const rule = rules.find(({ name }) => name === first?.rule);
  if (first === undefined || rule === undefined) {
    const names = [...new Set(alerts.map((alert) => alert.rule))].join(", ");
    const ended = Math.max(...alerts.map(({ resolvedAt, since }) => resolvedAt ?? since));
    return words.over({ names, since: instantText(ended, timezone, language) });
  }
  const sentences = [what(first, rule, facts, words, language)];
  if (firing.length > 1) sentences.push(words.others({ count: firing.length - 1 }));
  if (first.cause === "breach") {
    sentences.push(...where(first, rule, facts, words, language));
    const concern = CONCERNS[rule.signal];
    if (ABOUT_FRAUD.includes(concern)) sentences.push(...fraudFacts(facts, words, language));
    if (ABOUT_FEATURES.includes(concern)) sentences.push(...featureFacts(first, facts, words));
  }
  sentences.push(words.next({ concern: first.cause === "no_data" ? noDataConcern(rule) : CONCERNS[rule.signal] }));
  return sentences.join(" ");
}

/** Without decisions no signal of theirs has a value: their absence is looked for where they come from. */
const noDataConcern = (rule: Rule) =>
  signalDefinition(rule.signal).source === "window" ? "traffic" : CONCERNS[rule.signal];

function what(alert: Alert, rule: Rule, { file }: Facts, words: DiagnosisWords, language: Language): string {
  const labels = labelsText(alert);
  const subject = labels === "" ? rule.signal : `${rule.signal} (${labels})`;
  const since = instantText(alert.since, file.timezone, language);
  const means = signalDefinition(rule.signal).means[language];
  if (alert.cause === "no_data" || alert.value === null) return words.noData({ subject, since, means });
  const bound = rule.above ?? rule.below;
  const limit =
    bound === undefined ? undefined : figureText(bound, signalDefinition(rule.signal).unit, file.currency, language);
  return words.breach({ subject, value: valueText(alert, file, language), limit, since, means });
}

/** The version on the arm that is furthest in the alert's direction, where several answer; and the slice that stands out. */
function where(alert: Alert, rule: Rule, facts: Facts, words: DiagnosisWords, language: Language): readonly string[] {
  const { unit } = signalDefinition(rule.signal);
  const text = (value: number) => figureText(value, unit, facts.file.currency, language);
  const window = rule.window ?? rule.burn?.fast?.short ?? rule.burn?.slow?.short;
  const own = facts.signals.filter(({ name, windowMs }) => name === rule.signal && windowMs === window);
  const all = own.find(({ labels }) => labels.version === undefined);
  const direction = rule.below === undefined ? 1 : -1;
  const arms = own
    .filter(({ labels }) => labels.version !== undefined && labels.arm !== "shadow")
    .sort((a, b) => direction * (b.value - a.value));
  const said: string[] = [];
  const furthest = arms[0];
  if (
    furthest !== undefined &&
    all !== undefined &&
    arms.length > 1 &&
    alert.labels.version === undefined &&
    unit !== "count" &&
    unit !== "money"
  )
    said.push(
      words.arm({
        version: furthest.labels.version ?? "",
        arm: furthest.labels.arm ?? "",
        value: text(furthest.value),
        all: text(all.value),
      }),
    );
  const { slice } = facts;
  if (slice !== undefined && CONCERNS[rule.signal] === "load")
    said.push(
      words.slice({
        column: slice.column,
        value: slice.value,
        now: figureText(slice.share, "share", facts.file.currency, language),
        before: figureText(slice.shareBefore, "share", facts.file.currency, language),
      }),
    );
  return said;
}

function fraudFacts({ report, file }: Facts, words: DiagnosisWords, language: Language): readonly string[] {
  if (report === undefined) return [];
  const { typologies, fraudScores } = report.novelty;
  const missed = (row: (typeof typologies)[number]) => row.frauds - row.caught;
  const worst = (status: "new" | "worse") =>
    typologies.filter((row) => row.status === status).sort((a, b) => missed(b) - missed(a))[0];
  const fresh = worst("new");
  if (fresh !== undefined)
    return [
      words.newTypology({
        name: fresh.spoken[language],
        frauds: fresh.frauds,
        caught: fresh.caught,
        since: instantText(fresh.firstKnownAt, file.timezone, language),
      }),
    ];
  const worse = worst("worse");
  if (worse !== undefined)
    return [words.worseTypology({ name: worse.spoken[language], recall: worse.recall, before: worse.referenceRecall })];
  if (fraudScores.level === "info") return [];
  return [words.scoresFallen({ now: fraudScores.medianCurrent, before: fraudScores.medianReference })];
}

/** The feature with the most effect that has moved, unless the alert is of that one itself. */
function featureFacts(alert: Alert, { report }: Facts, words: DiagnosisWords): readonly string[] {
  const moved = report?.drift.find((row) => row.level !== "stable" && row.impact > 0);
  if (report === undefined || moved === undefined) return [];
  const rise = moved.missingCurrent - moved.missingReference;
  if (rise > report.settings.missingWatch)
    return [words.featureLost({ feature: moved.feature, missing: moved.missingCurrent })];
  if (alert.labels.feature === moved.feature || !Number.isFinite(moved.psi ?? Number.NaN)) return [];
  return [words.feature({ feature: moved.feature, psi: moved.psi, importance: moved.importance })];
}
