import { toJson } from "@esteira/models/decisions/cells";
import type { OpenedDecision } from "@esteira/models/decisions/read-decision";
import pc from "picocolors";

const WORDS = {
  en: {
    ...{
      decided: "decided",
      model: "model",
      digest: "digest",
      score: "score",
      threshold: "threshold",
      action: "action",
    },
    ...{ subjects: "about", reasons: "reasons", values: "values as seen", record: "record", unknown: "unknown" },
    ...{ none: "none recorded", caller: "the caller's own" },
  },
  "pt-BR": {
    ...{
      decided: "decidida em",
      model: "modelo",
      digest: "digest",
      score: "escore",
      threshold: "limiar",
      action: "ação",
    },
    ...{
      subjects: "sobre",
      reasons: "razões",
      values: "valores como vistos",
      record: "registro",
      unknown: "desconhecido",
    },
    ...{ none: "nenhuma registrada", caller: "a de quem chamou" },
  },
} as const;

/** A decision for a person who reads it. */
export function shownDecision({ decision, segment, sequence }: OpenedDecision, language: "en" | "pt-BR"): string {
  const words = WORDS[language];
  const { model, columns, values, reasons } = decision;
  const line = (name: string, value: string) => `${name.padEnd(12)} ${value}`;
  const width = Math.max(0, ...columns.map(({ name }) => name.length));
  return [
    pc.bold(printable(decision.id)),
    line(words.decided, new Date(decision.at).toISOString()),
    line(words.model, printable(`models:/${model.name}/${model.version}`)),
    line(words.digest, `${printable(model.digest)} (${model.of})`),
    line(words.score, decision.score === null ? JSON.stringify(toJson(decision.prediction)) : String(decision.score)),
    line(words.threshold, decision.threshold === null ? words.unknown : String(decision.threshold)),
    line(words.action, printable(decision.action ?? words.caller)),
    ...(decision.subjects.length === 0 ? [] : [line(words.subjects, printable(decision.subjects.join(", ")))]),
    ...(reasons.length === 0 ? [line(words.reasons, words.none)] : [words.reasons]),
    ...reasons.map(({ text, contribution }) => `  ${printable(text[language])} (${signed(contribution, language)})`),
    words.values,
    ...columns.map(({ name }, at) => `  ${printable(name).padEnd(width)} ${cell(values[at], words.unknown)}`),
    line(words.record, `${segment} ${sequence}`),
  ].join("\n");
}

/** The whole record on one line. */
export function decisionJson({ decision, segment, sequence }: OpenedDecision): string {
  const { id, at, eventAt, subjects, model, columns, values, params, scorer, prediction } = decision;
  return JSON.stringify({
    ...{ id, at: new Date(at).toISOString(), event_at: eventAt === null ? null : new Date(eventAt).toISOString() },
    ...{ subjects, model, arm: decision.arm, scorer, params: toJson(params), prediction: toJson(prediction) },
    ...{ odds_factor: decision.oddsFactor, score: decision.score, threshold: decision.threshold },
    ...{ action: decision.action, latency_ms: decision.latencyMs, reasons: decision.reasons },
    values: Object.fromEntries(columns.map(({ name }, i) => [name, toJson(values[i])])),
    ...{ segment, sequence },
  });
}

const signed = (value: number, language: string): string =>
  new Intl.NumberFormat(language, { maximumFractionDigits: 3, signDisplay: "always" }).format(value);

const cell = (value: unknown, unknown: string): string =>
  value === null || Number.isNaN(value)
    ? pc.dim(unknown)
    : printable(typeof value === "string" ? value : JSON.stringify(toJson(value)));

/** Ids and names are anybody's: what would move a terminal's cursor is left out. */
const printable = (text: string): string => text.replace(/\p{Cc}/gu, "�");
