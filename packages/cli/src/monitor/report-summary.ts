/** A report for a person who has ten seconds. */

import { type Figures, figuresOf } from "@esteira/lifecycle/monitoring/figures";
import type { MonitorReport } from "@esteira/lifecycle/monitoring/monitor";
import pc from "picocolors";

type Language = "en" | "pt-BR";

const WORDS = {
  en: {
    verdict: { ok: "in order", watch: "watch", act: "act" },
    ...{ version: "version", decisions: "decisions", alerts: "alerts", budget: "budget", recall: "recall" },
    ...{ mature: "of mature frauds", none: "no cohort is mature yet", drift: "drift", latency: "latency p99" },
    ...{ drifted: (count: number, of: number) => `${count} of ${of} features`, known: "known frauds" },
  },
  "pt-BR": {
    verdict: { ok: "em ordem", watch: "observar", act: "agir" },
    ...{ version: "versão", decisions: "decisões", alerts: "alertas", budget: "orçamento", recall: "recall" },
    ...{
      mature: "das fraudes maduras",
      none: "nenhuma coorte está madura ainda",
      drift: "drift",
      latency: "latência p99",
    },
    ...{ drifted: (count: number, of: number) => `${count} de ${of} features`, known: "fraudes conhecidas" },
  },
} as const;

const MOST_REASONS = 5;
const PAINT = { ok: pc.green, watch: pc.yellow, act: pc.red, info: pc.dim };

export function summaryLines(report: MonitorReport, language: Language): readonly string[] {
  const words = WORDS[language];
  const figures = figuresOf(language);
  const { identity, window, alertRate, performance, drift, latency, novelty, verdict } = report;
  const line = (name: string, text: string) => `${name.padEnd(14)} ${text}`;
  const moved = drift.filter(({ level }) => level !== "stable").length;
  return [
    `${PAINT[verdict](pc.bold(words.verdict[verdict].toUpperCase()))}  ${identity.model} ${words.version} ${identity.version}, ${figures.date(window.from)} – ${figures.date(window.to - 1)}`,
    line(words.decisions, figures.count(alertRate.transfers)),
    line(words.alerts, `${share(alertRate.rate, figures)} (${words.budget} ${figures.percent(alertRate.budget)})`),
    line(words.recall, recallOf(performance.mature, figures, words)),
    line(words.known, figures.count(novelty.all.frauds)),
    ...(drift.length === 0 ? [] : [line(words.drift, words.drifted(moved, drift.length))]),
    ...(latency === null ? [] : [line(words.latency, `${figures.number(latency.p99)} ms`)]),
    ...report.reasons
      .slice(0, MOST_REASONS)
      .map(({ level, text }) => `${PAINT[level](level.padEnd(5))} ${text[language]}`),
  ];
}

function recallOf(
  mature: MonitorReport["performance"]["mature"],
  figures: Figures,
  words: (typeof WORDS)[Language],
): string {
  if (mature === null || !Number.isFinite(mature.recall)) return words.none;
  const { low, high } = mature.recallInterval;
  return `${figures.percent(mature.recall)} (${figures.percent(low)} – ${figures.percent(high)}) ${words.mature}`;
}

const share = (value: number, figures: Figures): string => (Number.isFinite(value) ? figures.percent(value) : "–");
