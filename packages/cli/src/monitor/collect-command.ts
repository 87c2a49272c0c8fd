import { invalid } from "@esteira/core/errors";
import type { Collected } from "@esteira/monitor/ledger/collect";
import pc from "picocolors";
import { type Command, text } from "../command.ts";
import { LEDGER, ledgerOf, numberIn, wholeIn } from "./ledger-option.ts";

export const monitorCollect: Command = {
  name: "monitor collect",
  summary:
    "Bring sealed decision records into a ledger of Parquet files, each once: exit code 3 when records are not sound",
  options: [
    LEDGER,
    {
      flags: "--decisions <folder>",
      summary: "the sealed records, as the service writes them; also ESTEIRA_DECISIONS",
    },
    {
      flags: "--sample <share>",
      summary: "keep all alerts and this share of the other decisions, above 0 and at most 1",
    },
    { flags: "--keep-days <days>", summary: "remove days that are older, and the keys of their pseudonyms" },
  ],
  async run(values, terminal) {
    const decisions = text(values, "decisions") ?? terminal.env.ESTEIRA_DECISIONS;
    if (decisions === undefined || decisions === "")
      throw invalid("Say where the decisions are: --decisions FOLDER (or ESTEIRA_DECISIONS).");
    const share = numberIn(values, "sample", "--sample");
    const keepDays = wholeIn(values, "keepDays", "--keep-days");
    const { collectDecisions } = await import("@esteira/monitor/ledger/collect");
    const collected = await collectDecisions({
      ...{ ledger: ledgerOf(values, terminal), decisions, now: Date.now() },
      ...(share === undefined ? {} : { share }),
      ...(keepDays === undefined ? {} : { keepDays }),
    });
    for (const line of linesOf(collected)) terminal.out(line);
    return collected.faults.length === 0 ? 0 : 3;
  },
};

function linesOf(collected: Collected): readonly string[] {
  const { rows, files, sampledOut, tooOld, missed, erased, mergedDays, removedDays, destroyedKeys, faults } = collected;
  const line = (is: boolean, words: string) => (is ? [words] : []);
  return [
    `${pc.green("✓")} ${rows} decisions collected, in ${files} new files.`,
    ...line(sampledOut > 0, `  ${sampledOut} were left out by the rule of sampling.`),
    ...line(tooOld > 0, `  ${tooOld} are older than the days that are kept.`),
    ...line(erased > 0, `  The personal data of ${erased} earlier rows are erased.`),
    ...line(mergedDays.length > 0, `  Merged into one file each: ${mergedDays.join(", ")}.`),
    ...line(removedDays.length > 0, `  Removed, as their time is over: ${removedDays.join(", ")}.`),
    ...line(destroyedKeys.length > 0, `  Destroyed keys of pseudonyms: ${destroyedKeys.join(", ")}.`),
    ...line(
      missed > 0,
      `${pc.yellow("!")} ${missed} decisions could not be recorded by the service: they are in no row.`,
    ),
    ...faults.map(
      ({ where, sequence, problem }) =>
        `${pc.red("✗")} ${where}: entry ${sequence} ${problem}; nothing after it is collected (see esteira decision verify).`,
    ),
  ];
}
