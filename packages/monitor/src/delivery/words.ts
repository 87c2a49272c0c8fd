import { figuresOf } from "@esteira/lifecycle/monitoring/figures";
import type { Language } from "@esteira/lifecycle/monitoring/reason-words";
import type { Alert } from "../alerts/alert.ts";
import type { Notification } from "../alerts/notification.ts";
import { conditionText } from "../file/describe-monitor.ts";
import type { MonitorFile } from "../file/monitor-file.ts";
import type { Rule } from "../file/rule.ts";
import { type SignalUnit, signalDefinition } from "../signals/catalogue.ts";

const WORDS = {
  en: {
    firing: "firing",
    resolved: "resolved",
    again: "still",
    noData: "no data",
    since: "since",
    ended: "over since",
    rule: "Rule",
    runbook: "What to do",
    owner: "Owner",
    report: "Report",
  },
  "pt-BR": {
    firing: "em alerta",
    resolved: "resolvido",
    again: "ainda",
    noData: "sem dados",
    since: "desde",
    ended: "encerrado desde",
    rule: "Regra",
    runbook: "O que fazer",
    owner: "Responsável",
    report: "Relatório",
  },
} as const satisfies Record<Language, Readonly<Record<string, string>>>;

export const wordsOf = (language: Language): (typeof WORDS)[Language] => WORDS[language];

/** `[PAGE] pix-fraud: late-typology firing`, for subjects and first lines. */
export function headline(notification: Notification, model: string, language: Language): string {
  const words = wordsOf(language);
  const alerts = notification.alerts.filter(({ phase }) =>
    notification.status === "firing" ? phase === "firing" : true,
  );
  const names = [...new Set(alerts.map(({ rule }) => rule))];
  const again = notification.repeated ? `${words.again} ` : "";
  return `[${notification.severity.toUpperCase()}] ${model}: ${names.join(", ")} ${again}${words[notification.status]}`;
}

/** One alert in a line: `late-typology (typology T9): 1, since 12 Mar 2026, 14:00`. */
export function alertLine(
  alert: Alert,
  file: Pick<MonitorFile, "rules" | "timezone" | "currency">,
  language: Language,
): string {
  const words = wordsOf(language);
  const labels = labelsText(alert);
  const state =
    alert.phase === "resolved" || alert.phase === "inactive"
      ? `${words.resolved}, ${words.ended} ${instantText(alert.resolvedAt ?? alert.since, file.timezone, language)}`
      : `${valueText(alert, file, language)}, ${words.since} ${instantText(alert.since, file.timezone, language)}`;
  return `${alert.rule}${labels === "" ? "" : ` (${labels})`}: ${state}`;
}

export const labelsText = ({ labels }: Alert): string =>
  Object.entries(labels)
    .map(([label, value]) => `${label} ${value}`)
    .join(", ");

export function valueText(
  alert: Alert,
  { rules, currency }: Pick<MonitorFile, "rules" | "currency">,
  language: Language,
): string {
  const rule = rules.find(({ name }) => name === alert.rule);
  if (alert.cause === "no_data" || alert.value === null || rule === undefined) return wordsOf(language).noData;
  if (rule.burn !== undefined) return `${figuresOf(language).number(alert.value)} ×`;
  return figureText(alert.value, signalDefinition(rule.signal).unit, currency, language);
}

/** A value with its unit, as the language writes it. */
export function figureText(value: number, unit: SignalUnit, currency: string, language: Language): string {
  const { percent, number, count, money } = figuresOf(language);
  switch (unit) {
    case "share":
    case "points":
      return percent(value);
    case "ratio":
      return `${number(value)} ×`;
    case "count":
    case "flag":
      return count(value);
    case "milliseconds":
      return `${number(value)} ms`;
    case "seconds":
      return value < 7200 ? `${count(value / 60)} min` : `${count(value / 3600)} h`;
    case "days":
      return `${number(value)} d`;
    case "money":
      return money(value, currency);
    case "index":
      return number(value);
  }
}

export const instantText = (at: number, timeZone: string, language: Language): string =>
  new Intl.DateTimeFormat(language, {
    timeZone,
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    timeZoneName: "short",
  }).format(at);

/** The rules of a notification's alerts, each once. */
export const rulesOf = ({ alerts }: Notification, rules: readonly Rule[]): readonly Rule[] =>
  rules.filter(({ name }) => alerts.some(({ rule }) => rule === name));

/** A rule in a line: its condition as the file has it. */
export const ruleLine = (rule: Rule, language: Language): string =>
  `${wordsOf(language).rule} ${rule.name}: ${conditionText(rule)}`;
