import { writeFile } from "node:fs/promises";
import { invalid } from "@esteira/core/errors";
import type { Episode } from "@esteira/monitor/watch/backtest";
import type { Judged } from "@esteira/monitor/watch/judge-episodes";
import pc from "picocolors";
import { type Command, text, texts, type Values } from "../command.ts";
import { spanIn, spanOf } from "./ledger-option.ts";

const DAY_MS = 86_400_000;

export const monitorBacktest: Command = {
  name: "monitor backtest",
  summary: "Say which alerts a monitor.yaml would have given of the ledger's past, each day with what was known then",
  arguments: [{ name: "file", summary: "the monitor.yaml" }],
  options: [
    { flags: "--window <from..to>", summary: "the days to look at", required: true },
    { flags: "--every <span>", summary: "between two looks, such as 1d or 6h", default: "1d" },
    {
      flags: "--incident <from..to>",
      summary: "when something was truly wrong: alerts outside of all incidents are false",
      repeats: true,
    },
    { flags: "--out <file>", summary: "write the alerts, and how good they were, as JSON" },
  ],
  async run(values, terminal) {
    const [{ backtest }, { judgeEpisodes }, { readMonitor }, { windowsOf }] = await Promise.all([
      import("@esteira/monitor/watch/backtest"),
      import("@esteira/monitor/watch/judge-episodes"),
      import("./monitor-file.ts"),
      import("@esteira/monitor/alerts/condition"),
    ]);
    const { file, folder } = await readMonitor(text(values, "file") ?? "");
    const span = spanIn(values, "window", "--window")!;
    const incidents = texts(values, "incident").map((given) => spanOf(given, "--incident"));
    const every = await everyIn(values);
    if (every > span.to - span.from) throw invalid("--every is longer than the window: nothing would be looked at.");
    const short = file.rules.filter((rule) => windowsOf(rule).some((window) => window < every)).map(({ name }) => name);
    if (short.length > 0)
      terminal.note(
        `${pc.yellow("!")} --every is longer than the windows of ${short.join(", ")}: what lies between two looks is not seen.`,
      );
    const episodes = await backtest({ file, folder, span, every });
    const judged = judgeEpisodes(episodes, incidents, span);
    for (const episode of episodes)
      terminal.out(lineOf(episode, incidents.length > 0 && judged.falseAlarms.includes(episode)));
    const days = Math.round((span.to - span.from) / DAY_MS);
    terminal.out(`${episodes.length} alerts in ${days} days.`);
    if (incidents.length > 0) for (const line of judgementOf(judged)) terminal.out(line);
    const out = text(values, "out");
    if (out !== undefined) {
      const known = incidents.length === 0 ? {} : { judged };
      await writeFile(out, `${JSON.stringify({ format: 1, span, every, episodes, ...known }, null, 1)}\n`);
    }
    return 0;
  },
};

async function everyIn(values: Values): Promise<number> {
  const { duration } = await import("@esteira/monitor/file/duration");
  const read = duration.safeParse(text(values, "every"));
  if (read.success) return read.data;
  throw invalid(`--every is '${text(values, "every")}': ${read.error.issues[0]?.message ?? ""}.`);
}

function lineOf({ rule, labels, severity, firedAt, resolvedAt }: Episode, isFalse: boolean): string {
  const told = Object.entries(labels).map(([label, value]) => `${label} ${value}`);
  const where = told.length === 0 ? "" : ` (${told.join(", ")})`;
  const end = resolvedAt === null ? "still fires" : `to ${iso(resolvedAt)}`;
  return `${iso(firedAt)}  ${severity.padEnd(5)}  ${rule}${where}, ${end}${isFalse ? pc.yellow("  false") : ""}`;
}

function judgementOf({ incidents, falseAlarms, falseInThirtyDays }: Judged): readonly string[] {
  return [
    ...incidents.map(({ incident, by, delay }) =>
      by === undefined || delay === undefined
        ? `${pc.red("✗")} The incident of ${iso(incident.from)} was not found.`
        : `${pc.green("✓")} The incident of ${iso(incident.from)} was found after ${(delay / DAY_MS).toFixed(1)} days, by ${by.rule}.`,
    ),
    `${falseAlarms.length} false alerts${Number.isFinite(falseInThirtyDays) ? `, ${falseInThirtyDays.toFixed(1)} in 30 days` : ""}.`,
  ];
}

const iso = (at: number): string => new Date(at).toISOString().slice(0, 16);
