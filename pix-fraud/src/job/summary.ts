import { stripVTControlCharacters } from "node:util";
import type { ModelVersion } from "@esteira/core/entities/registered-model";
import type { Style } from "@esteira/lifecycle/gates/render-terminal";
import type { EvaluationReport } from "@esteira/models/evaluation/evaluate";
import pc from "picocolors";

export const gateStyle: Style = (kind, text) =>
  ({ good: pc.green, bad: pc.red, warn: pc.yellow, dim: pc.dim, strong: pc.bold })[kind](text);

/** A metric with its interval, three decimals. */
function figure(report: EvaluationReport, name: string): string {
  const value = report.metrics[name];
  if (value === undefined) return "–";
  const interval = report.intervals[name];
  return value.toFixed(3) + (interval ? pc.dim(` ${interval.low.toFixed(3)}–${interval.high.toFixed(3)}`) : "");
}

const COLUMNS = [
  ["AUC-PR", "auc_pr"],
  ["AUC-ROC", "auc_roc"],
  ["recall@0.5%", "recall_at_0.5pct"],
  ["value recall@0.5%", "value_recall_at_0.5pct"],
] as const;

/** Text without its colours: what counts for the width. */
const visible = (text: string): number => stripVTControlCharacters(text).length;
const pad = (text: string, width: number) => text + " ".repeat(Math.max(0, width - visible(text)));

/** Models in rows, metrics in columns, 95 % intervals beside each figure. */
export function metricsTable(rows: readonly { name: string; report: EvaluationReport }[]): string[] {
  const cells = [
    ["", ...COLUMNS.map(([title]) => pc.bold(title))],
    ...rows.map(({ name, report }) => [name, ...COLUMNS.map(([, metric]) => figure(report, metric))]),
  ];
  return alignedTable(cells);
}

/** Rows of cells as lines, each column as wide as its widest cell. */
export function alignedTable(cells: readonly (readonly string[])[]): string[] {
  const widths = (cells[0] ?? []).map((_, column) => Math.max(...cells.map((row) => visible(row[column] ?? ""))));
  return cells.map((row) =>
    row
      .map((cell, column) => pad(cell, widths[column]!))
      .join("   ")
      .trimEnd(),
  );
}

/** Known frauds of the test span by typology: how many, and how many the alerts caught. */
export function typologyLines(report: EvaluationReport): string[] {
  const groups = report.typologies.filter((group) => group.frauds > 0);
  const width = Math.max(0, ...groups.map((group) => group.name.length));
  return groups.map(
    (group) =>
      `${pad(group.name, width)}  ${String(group.caught).padStart(3)} of ${String(group.frauds).padStart(3)} caught  ` +
      `${(group.recall * 100).toFixed(0).padStart(3)} %${pc.dim(`  ${(group.recallInterval.low * 100).toFixed(0)}–${(group.recallInterval.high * 100).toFixed(0)} %`)}`,
  );
}

export interface Ending {
  readonly champion?: { readonly version: ModelVersion; readonly report?: EvaluationReport };
  readonly refused: readonly { readonly name: string; readonly evidence: string }[];
  readonly report?: string;
  readonly url: string;
  /** The port that was asked for; 0 for any. */
  readonly port: number;
  readonly dataFolder: string;
  readonly seconds: number;
}

/** The last lines of the job: what a person takes away. */
export function summary(ending: Ending): string {
  const lines: string[] = [""];
  const line = (label: string, text: string) => lines.push(`   ${pc.bold(label.padEnd(10))} ${text}`);
  if (ending.champion) {
    const { version, report } = ending.champion;
    line(
      "Champion",
      `${pc.green(`models:/${version.name}/${version.version}`)} (alias champion, stage ${version.currentStage})`,
    );
    if (report) {
      const m = report.metrics;
      line(
        "",
        `AUC-PR ${m.auc_pr?.toFixed(3)}, AUC-ROC ${m.auc_roc?.toFixed(3)}, at 0.5 % alerts: ${percent(m["recall_at_0.5pct"])} of frauds, ${percent(m["value_recall_at_0.5pct"])} of the money`,
      );
    }
  } else {
    line("Champion", pc.yellow("none: no candidate has passed the gate"));
  }
  for (const { name, evidence } of ending.refused) line("Refused", `${pc.red(name)}: evidence at ${evidence}`);
  if (ending.report) line("Report", ending.report);
  line("Server", ending.url);
  line("Again", againCommand(ending));
  line("Time", `${ending.seconds.toFixed(1)} s`);
  return lines.join("\n");
}

/** Serves the same data again, wherever the address of today is taken by then; to be pasted into a shell. */
export function againCommand({ dataFolder, port }: Pick<Ending, "dataFolder" | "port">): string {
  const words = [
    ...["npx", "esteira", "server", "--port", String(port)],
    ...["--backend-store-uri", `sqlite:///${dataFolder}/esteira.db`],
    ...["--artifacts-destination", `${dataFolder}/artifacts`],
  ];
  return words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(" ");
}

const percent = (value: number | undefined) => (value === undefined ? "–" : `${(value * 100).toFixed(0)} %`);
