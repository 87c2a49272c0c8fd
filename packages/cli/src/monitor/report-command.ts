import { invalid } from "@esteira/core/errors";
import pc from "picocolors";
import { type Command, type Terminal, text, texts, type Values } from "../command.ts";
import { trackingClient } from "../tracking.ts";
import { instantOf, LEDGER, ledgerOf, numberIn, spanIn, wholeIn } from "./ledger-option.ts";

/** Exit code when the verdict says to act. */
const ACT = 3;
const DAY_MS = 86_400_000;
const DAYS = 28;

export const monitorReport: Command = {
  name: "monitor report",
  summary: "Report on a model from its ledgers as of an instant: exit code 0 in order or watch, 3 act, 2 a fault",
  options: [
    LEDGER,
    { flags: "--model <name>", summary: "the model, where several decided" },
    { flags: "--version <version>", summary: "its version (default: the one with the most decisions)" },
    {
      flags: "--as-of <instant>",
      summary: "labels are those known then: a day, or ISO 8601 with its zone; now when absent",
    },
    {
      flags: "--recorded-by <instant>",
      summary: "leave out labels that were entered later: an earlier report is made again",
    },
    { flags: "--window <from..to>", summary: `the decisions to report on (default: the ${DAYS} days before --as-of)` },
    {
      flags: "--reference <file>",
      summary: "rows that the model was accepted on: .csv, .jsonl or .parquet with a column score",
    },
    {
      flags: "--map <column=name>",
      summary: "what the reference calls score, label, typology or time, for example score=prediction",
      repeats: true,
    },
    {
      flags: "--reference-window <from..to>",
      summary: "compare with these decisions of the ledger (default: as many days before the window)",
    },
    { flags: "--threshold <score>", summary: "where decisions do not say theirs" },
    { flags: "--budget <share>", summary: "of decisions that the desk can work (default: the reference's alert rate)" },
    { flags: "--amount <feature>", summary: "the feature that is the amount of money, where labels do not say it" },
    { flags: "--currency <code>", summary: "of amounts, ISO 4217", default: "BRL" },
    { flags: "--maturity-days <days>", summary: "after which a decision's label counts as known for good" },
    { flags: "--lang <language>", summary: "of the summary, en or pt-BR", default: "en" },
    { flags: "--out <folder>", summary: "write monitor.en.html, monitor.pt-BR.html and monitor.json" },
    { flags: "--tracking-uri <uri>", summary: "log the report as a run of this server" },
    { flags: "--experiment <name>", summary: "of that run", default: "monitoring" },
  ],
  async run(values, terminal) {
    const language = text(values, "lang") ?? "en";
    if (language !== "en" && language !== "pt-BR") throw invalid(`--lang is '${language}': expected en or pt-BR.`);
    const { reportOnLedger } = await import("@esteira/monitor/report/ledger-report");
    const { reportFiles, writeReportFiles } = await import("@esteira/monitor/report/report-files");
    const { summaryLines } = await import("./report-summary.ts");
    const { report, notes } = await reportOnLedger(await optionsOf(values, terminal));
    for (const line of summaryLines(report, language)) terminal.out(line);
    for (const note of notes) terminal.note(`${pc.yellow("!")} ${note}`);
    const files = reportFiles(report);
    const folder = text(values, "out");
    if (folder !== undefined) {
      await writeReportFiles(folder, files);
      terminal.note(`Written to ${folder}: ${files.map(({ name }) => name).join(", ")}.`);
    }
    const uri = text(values, "trackingUri");
    if (uri !== undefined) {
      const { logReport } = await import("@esteira/monitor/report/log-report");
      const client = trackingClient({ env: { ...terminal.env, MLFLOW_TRACKING_URI: uri } });
      const id = await logReport(client, text(values, "experiment") ?? "monitoring", report, files);
      terminal.note(`Logged as run ${id}.`);
    }
    return report.verdict === "act" ? ACT : 0;
  },
};

async function optionsOf(values: Values, terminal: Terminal) {
  const instant = (name: string, flag: string) => {
    const given = text(values, name);
    return given === undefined ? undefined : instantOf(given, flag);
  };
  const asOf = instant("asOf", "--as-of") ?? Date.now();
  const window = spanIn(values, "window", "--window") ?? { from: asOf - DAYS * DAY_MS, to: asOf };
  const before = { from: window.from - (window.to - window.from), to: window.from };
  const maturityDays = wholeIn(values, "maturityDays", "--maturity-days");
  return {
    ...{ ledger: ledgerOf(values, terminal), asOf, window, recordedBy: instant("recordedBy", "--recorded-by") },
    ...{ model: text(values, "model"), version: text(values, "version"), amount: text(values, "amount") },
    threshold: numberIn(values, "threshold", "--threshold"),
    budget: numberIn(values, "budget", "--budget"),
    currency: text(values, "currency") ?? "BRL",
    reference: (await referenceFile(values)) ?? {
      window: spanIn(values, "referenceWindow", "--reference-window") ?? before,
    },
    settings: maturityDays === undefined ? {} : { maturityDays },
  };
}

async function referenceFile(values: Values) {
  const file = text(values, "reference");
  const given = texts(values, "map");
  if (file === undefined) {
    if (given.length === 0) return undefined;
    throw invalid("--map says what a file of reference calls its columns: give the file with --reference.");
  }
  if (text(values, "referenceWindow") !== undefined)
    throw invalid("--reference and --reference-window are two references: give one of them.");
  const { parseColumnMap } = await import("@esteira/monitor/source/mapped-file");
  const { REFERENCE_COLUMNS } = await import("@esteira/monitor/report/reference-file");
  return { file, map: parseColumnMap(given, REFERENCE_COLUMNS) };
}
