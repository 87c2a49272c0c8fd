/** What another threshold would have done, for a person who decides on it. */

import { type Figures, figuresOf } from "@esteira/lifecycle/monitoring/figures";
import type { DailyFigure, Figure, FigureChange } from "@esteira/lifecycle/threshold/simulate-threshold";
import type { ThresholdTrial } from "@esteira/monitor/threshold/threshold-on-ledger";
import pc from "picocolors";

type Language = "en" | "pt-BR";

const WORDS = {
  en: {
    figures: {
      alerts: "alerts",
      caught: "frauds caught",
      saved: "money saved",
      atRisk: "money at risk",
      bothered: "honest customers refused",
      cost: "cost in all",
    },
    head: (model: string, version: string, before: string, after: string) =>
      `${model} version ${version}: threshold ${before} to ${after}`,
    by: {
      person: "as given",
      cost: "it costs least",
      capacity: "the least cost within what the analysts can work in a day",
    },
    columns: ["a day", "now", "then", "change (95 %)"],
    of: (decisions: string, days: string, mature: string) =>
      `Of ${decisions} decisions in ${days} days. Frauds and money are of the first ${mature} days, whose labels have had their time.`,
    immature: (share: string) => `${share} of the decisions are younger: only their alerts count.`,
    none: "No day's labels have had their time: nothing is known of frauds and money.",
    released: (decisions: string, unknown: string) =>
      `${decisions} decisions that were alerted would have passed; of ${unknown} of them nothing is known, as what was stopped is reported by nobody: they count as honest, so the money at risk is at least this.`,
    chosen: "The threshold was chosen on these very days, which flatters it a little.",
    unsure: "The change of cost may be chance: its interval holds zero.",
  },
  "pt-BR": {
    figures: {
      alerts: "alertas",
      caught: "fraudes barradas",
      saved: "dinheiro salvo",
      atRisk: "dinheiro em risco",
      bothered: "clientes honestos recusados",
      cost: "custo total",
    },
    head: (model: string, version: string, before: string, after: string) =>
      `${model} versão ${version}: limiar de ${before} para ${after}`,
    by: {
      person: "como pedido",
      cost: "é o que custa menos",
      capacity: "o menor custo dentro do que os analistas conseguem trabalhar por dia",
    },
    columns: ["por dia", "agora", "depois", "mudança (95 %)"],
    of: (decisions: string, days: string, mature: string) =>
      `De ${decisions} decisões em ${days} dias. Fraudes e dinheiro são dos primeiros ${mature} dias, cujos rótulos tiveram tempo de chegar.`,
    immature: (share: string) => `${share} das decisões são mais novas: só os alertas delas contam.`,
    none: "Os rótulos de nenhum dia tiveram tempo de chegar: nada se sabe de fraudes e dinheiro.",
    released: (decisions: string, unknown: string) =>
      `${decisions} decisões que foram alertadas teriam passado; de ${unknown} delas nada se sabe, pois ninguém reclama do que foi barrado: contam como honestas, então o dinheiro em risco é pelo menos este.`,
    chosen: "O limiar foi escolhido nestes mesmos dias, o que o favorece um pouco.",
    unsure: "A mudança de custo pode ser acaso: seu intervalo contém zero.",
  },
} as const;

const ORDER: readonly Figure[] = ["alerts", "bothered", "caught", "saved", "atRisk", "cost"];
const MONEY: ReadonlySet<Figure> = new Set(["saved", "atRisk", "cost"]);

export function thresholdLines(
  { model, simulation, chosenBy }: ThresholdTrial,
  { language, currency }: { readonly language: Language; readonly currency: string },
): readonly string[] {
  const words = WORDS[language];
  const figures = figuresOf(language);
  const { before, after, figures: changes, released, immatureShare, matureDays, days, decisions } = simulation;
  const exact = new Intl.NumberFormat(language, { maximumSignificantDigits: 17 });
  const rows = ORDER.flatMap((name) => {
    const change = changes[name];
    return change === null
      ? []
      : [[words.figures[name], ...cellsOf(change, spoken(figures, MONEY.has(name), currency))]];
  });
  const widths = words.columns.map((column, i) => Math.max(column.length, ...rows.map((row) => row[i]!.length)));
  const line = (cells: readonly string[]) =>
    cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join("  ");
  const { cost } = changes;
  return [
    `${pc.bold(words.head(model.name, model.version, exact.format(before), exact.format(after)))} (${words.by[chosenBy]})`,
    pc.dim(line(words.columns)),
    ...rows.map(line),
    ...(matureDays === 0
      ? [words.none]
      : [words.of(figures.count(decisions), figures.count(days), figures.count(matureDays))]),
    ...(immatureShare > 0 && matureDays > 0 ? [words.immature(figures.percent(immatureShare))] : []),
    ...(released.unknown > 0
      ? [`${pc.yellow("!")} ${words.released(figures.count(released.decisions), figures.count(released.unknown))}`]
      : []),
    ...(cost !== null && holdsZero(cost.change) ? [`${pc.yellow("!")} ${words.unsure}`] : []),
    ...(chosenBy === "person" ? [] : [words.chosen]),
  ];
}

const holdsZero = ({ low, high }: DailyFigure): boolean => low === null || high === null || (low <= 0 && high >= 0);

type Speak = (value: number) => string;

const spoken = (figures: Figures, isMoney: boolean, currency: string): Speak =>
  isMoney ? (value) => figures.money(value, currency) : (value) => figures.decimals(value, 1);

function cellsOf({ before, after, change }: FigureChange, speak: Speak): readonly string[] {
  const signed: Speak = (value) => (value > 0 ? `+${speak(value)}` : speak(value));
  const interval = change.low === null || change.high === null ? "–" : `${signed(change.low)} … ${signed(change.high)}`;
  return [speak(before.value), speak(after.value), `${signed(change.value)} (${interval})`];
}
