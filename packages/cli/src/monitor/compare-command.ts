import { invalid } from "@esteira/core/errors";
import type { ShareDifference, VersionComparison } from "@esteira/lifecycle/monitoring/compare-versions";
import { figuresOf } from "@esteira/lifecycle/monitoring/figures";
import pc from "picocolors";
import { type Command, text } from "../command.ts";
import { instantOf, LEDGER, ledgerOf, spanIn, wholeIn } from "./ledger-option.ts";

const DAY_MS = 86_400_000;
const DAYS = 58;

export const monitorCompare: Command = {
  name: "monitor compare",
  summary: "Compare two versions by what each decided, such as a canary's arms, and by what is known of it",
  options: [
    LEDGER,
    { flags: "--model <name>", summary: "the model, where several decided" },
    { flags: "--champion <version>", summary: "the version in service", required: true },
    { flags: "--challenger <version>", summary: "the version beside it", required: true },
    { flags: "--as-of <instant>", summary: "labels are those known then: a day, or ISO 8601 with its zone" },
    { flags: "--window <from..to>", summary: `the decisions to compare (default: the ${DAYS} days before --as-of)` },
    { flags: "--amount <feature>", summary: "the feature that is the amount of money, where labels do not say it" },
    { flags: "--currency <code>", summary: "of amounts, ISO 4217", default: "BRL" },
    { flags: "--maturity-days <days>", summary: "after which a decision's label counts as known for good" },
    { flags: "--lang <language>", summary: "of the answer, en or pt-BR", default: "en" },
    { flags: "--json", summary: "as JSON" },
  ],
  async run(values, terminal) {
    const language = text(values, "lang") ?? "en";
    if (language !== "en" && language !== "pt-BR") throw invalid(`--lang is '${language}': expected en or pt-BR.`);
    const { compareOnLedger } = await import("@esteira/monitor/report/compare-on-ledger");
    const given = text(values, "asOf");
    const asOf = given === undefined ? Date.now() : instantOf(given, "--as-of");
    const versions = { champion: text(values, "champion") ?? "", challenger: text(values, "challenger") ?? "" };
    const compared = await compareOnLedger({
      ...{ ledger: ledgerOf(values, terminal), model: text(values, "model"), ...versions, asOf },
      window: spanIn(values, "window", "--window") ?? { from: asOf - DAYS * DAY_MS, to: asOf },
      ...{ amount: text(values, "amount"), maturityDays: wholeIn(values, "maturityDays", "--maturity-days") },
    });
    if (values.json === true) terminal.out(JSON.stringify(compared, null, 1));
    else
      for (const line of linesOf(compared, versions, text(values, "currency") ?? "BRL", language)) terminal.out(line);
    return 0;
  },
};

const WORDS = {
  en: {
    ...{ champion: "champion", challenger: "challenger", difference: "difference (95 %, at any time)" },
    ...{ decisions: "decisions", alerts: "alert rate", recall: "recall", precision: "precision" },
    ...{ frauds: "known frauds", lost: "money passed", none: "unknown" },
    span: (from: string, to: string) => `From ${from} to ${to}, when both decided.`,
    apart: "The two never decided at the same time: nothing of them can be compared.",
    mature: "Recall, precision, frauds and money are of decisions whose labels have had their time.",
    unsure: (what: string) => `Whether ${what} differ is not sure yet.`,
  },
  "pt-BR": {
    ...{ champion: "champion", challenger: "challenger", difference: "diferença (95 %, a qualquer momento)" },
    ...{ decisions: "decisões", alerts: "taxa de alertas", recall: "recall", precision: "precisão" },
    ...{ frauds: "fraudes conhecidas", lost: "dinheiro que passou", none: "não se sabe" },
    span: (from: string, to: string) => `De ${from} a ${to}, quando as duas decidiam.`,
    apart: "As duas nunca decidiram ao mesmo tempo: nada delas pode ser comparado.",
    mature: "Recall, precisão, fraudes e dinheiro são das decisões cujos rótulos tiveram tempo de chegar.",
    unsure: (what: string) => `Se há diferença em ${what} ainda não é certo.`,
  },
} as const;

function linesOf(
  { span, champion, challenger, alertRate, recall, precision }: VersionComparison,
  versions: { readonly champion: string; readonly challenger: string },
  currency: string,
  language: keyof typeof WORDS,
): readonly string[] {
  const words = WORDS[language];
  const { count, percent, money, moment } = figuresOf(language);
  const share = (value: number) => (Number.isFinite(value) ? percent(value) : words.none);
  const shares = (name: string, { champion: one, challenger: other, difference: { low, high } }: ShareDifference) => [
    ...[name, share(one), share(other)],
    Number.isFinite(other - one) ? `${percent(low)} … ${percent(high)}` : words.none,
  ];
  const rows = [
    ["", `${words.champion} (${versions.champion})`, `${words.challenger} (${versions.challenger})`, words.difference],
    [words.decisions, count(champion.decisions), count(challenger.decisions), ""],
    shares(words.alerts, alertRate),
    [words.frauds, count(champion.frauds), count(challenger.frauds), ""],
    shares(words.recall, recall),
    shares(words.precision, precision),
    [
      words.lost,
      money(champion.money - champion.moneyCaught, currency),
      money(challenger.money - challenger.moneyCaught, currency),
      "",
    ],
  ];
  const widths = [0, 1, 2, 3].map((i) => Math.max(...rows.map((row) => row[i]!.length)));
  const lines = rows.map((row) =>
    row
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
      .join("  ")
      .trimEnd(),
  );
  const unsure = [
    [words.alerts, alertRate],
    [words.recall, recall],
  ] as const;
  return [
    ...lines,
    ...(span.from <= span.to ? [words.span(moment(span.from), moment(span.to))] : [words.apart]),
    words.mature,
    ...unsure.flatMap(([name, { difference }]) =>
      difference.low <= 0 && difference.high >= 0 ? [`${pc.yellow("!")} ${words.unsure(name)}`] : [],
    ),
  ];
}
