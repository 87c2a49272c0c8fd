import { mkdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { invalid } from "@esteira/core/errors";
import type { ThresholdTrial } from "@esteira/monitor/threshold/threshold-on-ledger";
import pc from "picocolors";
import { type Command, type CommandOption, text, type Values } from "../command.ts";
import { trackingClient } from "../tracking.ts";
import { instantOf, numberIn, spanIn } from "./ledger-option.ts";

const DAY_MS = 86_400_000;
/** Days whose labels have had their time, and which a threshold is tried on. */
const DAYS = 28;

const FILE = [{ name: "file", summary: "the monitor.yaml: its ledger, amount, costs, and budget.perDay" }];
const OPTIONS: readonly CommandOption[] = [
  { flags: "--set <score>", summary: "the threshold to try (default: the one that costs least within budget.perDay)" },
  { flags: "--version <version>", summary: "of the model (default: the one with the most decisions)" },
  {
    flags: "--window <from..to>",
    summary: `the decisions to try it on (default: the ${DAYS} days whose labels have had their time, and all since)`,
  },
  { flags: "--as-of <instant>", summary: "labels are those known then: a day, or ISO 8601 with its zone" },
  { flags: "--lang <language>", summary: "of the answer, en or pt-BR (default: the file's)" },
];

export const monitorThreshold: readonly Command[] = [
  {
    name: "monitor threshold simulate",
    summary: "Say what another threshold would have done with the ledger's decisions, or which one costs least",
    arguments: FILE,
    options: [...OPTIONS, { flags: "--out <folder>", summary: "write threshold.json" }],
    async run(values, terminal) {
      const { trial, lines } = await tried(values);
      for (const line of lines) terminal.out(line);
      const folder = text(values, "out");
      if (folder !== undefined) {
        await mkdir(folder, { recursive: true });
        await writeFile(join(folder, "threshold.json"), `${JSON.stringify(trial, null, 1)}\n`);
        terminal.note(`Written to ${folder}: threshold.json.`);
      }
      return 0;
    },
  },
  {
    name: "monitor threshold apply",
    summary: "Make a version of the model with that threshold, with the simulation: gates and policies meet it as any",
    arguments: FILE,
    options: [
      ...OPTIONS,
      { flags: "--reason <text>", summary: "why, for the timeline", required: true },
      { flags: "--experiment <name>", summary: "of the run that keeps the simulation", default: "thresholds" },
    ],
    async run(values, terminal) {
      const client = trackingClient(terminal);
      const { registerThreshold } = await import("../promotion/register-threshold.ts");
      const { trial, lines } = await tried(values);
      for (const line of lines) terminal.out(line);
      const { model, simulation } = trial;
      const made = await registerThreshold(client, {
        trial,
        reason: text(values, "reason") ?? "",
        experiment: text(values, "experiment") ?? "thresholds",
        clock: Date.now,
      });
      terminal.out(
        `${pc.green("✓")} Version ${made.version} of ${pc.bold(model.name)} is version ${model.version} with the threshold ${simulation.after}. Nobody is decided by it before it is promoted.`,
      );
      return 0;
    },
  },
];

async function tried(values: Values): Promise<{ readonly trial: ThresholdTrial; readonly lines: readonly string[] }> {
  const { readMonitor } = await import("./monitor-file.ts");
  const { STANDARD_SETTINGS } = await import("@esteira/lifecycle/monitoring/settings");
  const { tryThreshold } = await import("@esteira/monitor/threshold/threshold-on-ledger");
  const { thresholdLines } = await import("./threshold-summary.ts");
  const { file, folder } = await readMonitor(text(values, "file") ?? "");
  const language = text(values, "lang") ?? file.language;
  if (language !== "en" && language !== "pt-BR") throw invalid(`--lang is '${language}': expected en or pt-BR.`);
  if (file.costs === undefined)
    throw invalid("The file does not say what decisions cost: add costs: { recovery, margin, falseAlert, alert }.");
  const given = text(values, "asOf");
  const asOf = given === undefined ? Date.now() : instantOf(given, "--as-of");
  const maturityDays = file.report.maturityDays ?? STANDARD_SETTINGS.maturityDays;
  const window = spanIn(values, "window", "--window") ?? { from: asOf - (maturityDays + DAYS) * DAY_MS, to: asOf };
  const trial = await tryThreshold({
    ...{ ledger: resolve(folder, file.ledger), model: file.model, version: text(values, "version") },
    ...{ asOf, window, maturityDays, amount: file.amount, costs: file.costs, perDay: file.budget.perDay },
    threshold: numberIn(values, "set", "--set"),
  });
  return { trial, lines: thresholdLines(trial, { language, currency: file.currency }) };
}
