import { invalid } from "@esteira/core/errors";
import type { Collected } from "@esteira/monitor/ledger/collect";
import type { Imported } from "@esteira/monitor/ledger/import-log";
import pc from "picocolors";
import { type Command, type Terminal, text, texts, type Values } from "../command.ts";
import { LEDGER, ledgerOf, numberIn, wholeIn } from "./ledger-option.ts";

export const monitorCollect: Command = {
  name: "monitor collect",
  summary: "Bring decisions into a ledger of Parquet files, each once: exit code 3 when sealed records are not sound",
  options: [
    LEDGER,
    { flags: "--decisions <folder>", summary: "sealed records, as the service writes them; also ESTEIRA_DECISIONS" },
    {
      flags: "--from <file>",
      summary:
        "instead of them a log of another service: .csv, .jsonl or .parquet, or an inference table of Databricks",
    },
    {
      flags: "--map <column=name>",
      summary: "what that log calls one of our columns, for example id=transfer; other columns are features",
      repeats: true,
    },
    { flags: "--model <name>", summary: "whose decisions the log has, where it does not say it" },
    { flags: "--version <version>", summary: "the model's version, likewise" },
    { flags: "--threshold <score>", summary: "from which on decisions of the log were alerts, likewise" },
    {
      flags: "--sample <share>",
      summary: "keep all alerts and this share of the other decisions, above 0 and at most 1",
    },
    { flags: "--keep-days <days>", summary: "remove days that are older, and the keys of their pseudonyms" },
  ],
  async run(values, terminal) {
    const share = numberIn(values, "sample", "--sample");
    const keepDays = wholeIn(values, "keepDays", "--keep-days");
    const common = {
      ...{ ledger: ledgerOf(values, terminal), now: Date.now() },
      ...(share === undefined ? {} : { share }),
      ...(keepDays === undefined ? {} : { keepDays }),
    };
    const file = text(values, "from");
    if (file !== undefined) return importFile(file, common, values, terminal);
    const given = ["map", "model", "version", "threshold"].filter((name) => values[name] !== undefined);
    if (given.length > 0)
      throw invalid(`--${given[0]} says what a log of another service does not: give the log with --from.`);
    const decisions = text(values, "decisions") ?? terminal.env.ESTEIRA_DECISIONS;
    if (decisions === undefined || decisions === "")
      throw invalid("Say where the decisions are: --decisions FOLDER (or ESTEIRA_DECISIONS), or --from FILE.");
    const { collectDecisions } = await import("@esteira/monitor/ledger/collect");
    const collected = await collectDecisions({ ...common, decisions });
    for (const line of [...commonLines(collected), ...recordLines(collected)]) terminal.out(line);
    return collected.faults.length === 0 ? 0 : 3;
  },
};

interface Common {
  readonly ledger: string;
  readonly now: number;
}

async function importFile(file: string, common: Common, values: Values, { out }: Terminal): Promise<number> {
  if (values.decisions !== undefined)
    throw invalid("--decisions and --from are two sources: collect one, then the other.");
  const { importLog } = await import("@esteira/monitor/ledger/import-log");
  const { parseColumnMap } = await import("@esteira/monitor/source/mapped-file");
  const { LOG_COLUMNS } = await import("@esteira/monitor/source/plain-log");
  const imported = await importLog({
    ...{ ...common, file, map: parseColumnMap(texts(values, "map"), LOG_COLUMNS) },
    ...{ model: text(values, "model"), version: text(values, "version") },
    threshold: numberIn(values, "threshold", "--threshold"),
  });
  for (const line of commonLines(imported)) out(line);
  if (imported.known > 0) out(`  ${imported.known} were in the ledger already.`);
  if (imported.failed > 0) out(`  ${imported.failed} requests failed: nothing was decided.`);
  return 0;
}

const when = (is: boolean, words: string): string[] => (is ? [words] : []);

function commonLines(done: Collected | Imported): readonly string[] {
  const { rows, files, sampledOut, tooOld, mergedDays, removedDays, destroyedKeys } = done;
  return [
    `${pc.green("✓")} ${rows} decisions collected, in ${files} new files.`,
    ...when(sampledOut > 0, `  ${sampledOut} were left out by the rule of sampling.`),
    ...when(tooOld > 0, `  ${tooOld} are older than the days that are kept.`),
    ...when(mergedDays.length > 0, `  Merged into one file each: ${mergedDays.join(", ")}.`),
    ...when(removedDays.length > 0, `  Removed, as their time is over: ${removedDays.join(", ")}.`),
    ...when(destroyedKeys.length > 0, `  Destroyed keys of pseudonyms: ${destroyedKeys.join(", ")}.`),
  ];
}

const recordLines = ({ erased, missed, faults }: Collected): readonly string[] => [
  ...when(erased > 0, `  The personal data of ${erased} earlier rows are erased.`),
  ...when(
    missed > 0,
    `${pc.yellow("!")} ${missed} decisions could not be recorded by the service: they are in no row.`,
  ),
  ...faults.map(
    ({ where, sequence, problem }) =>
      `${pc.red("✗")} ${where}: entry ${sequence} ${problem}; nothing after it is collected (see esteira decision verify).`,
  ),
];
