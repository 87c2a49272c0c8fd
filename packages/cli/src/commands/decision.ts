import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { EsteiraError, invalid, notFound } from "@esteira/core/errors";
import type { Decision } from "@esteira/models/decisions/decision";
import type { ErasureOrder } from "@esteira/models/decisions/erase";
import pc from "picocolors";
import { type Command, type CommandOption, type Terminal, text, type Values } from "../command.ts";
import { decisionJson, shownDecision } from "../decisions/show.ts";
import { ENGINE_OPTIONS, engineSettings } from "../engine-options.ts";
import { trackingClient } from "../tracking.ts";

/** Exit code of a decision that is not the same, and of records that are not sound. */
const DIFFERENT = 3;
const DAY_MS = 86_400_000;
const MOST_SHOWN = 20;

const FOLDER: CommandOption = {
  flags: "--decisions <folder>",
  summary: "the folder of the records, as the service was given it; also ESTEIRA_DECISIONS",
};
const ID = { name: "id", summary: "of the decision, as the service answered it" };

function folderOf(values: Values, { env }: Terminal): string {
  const folder = text(values, "decisions") ?? env.ESTEIRA_DECISIONS;
  if (folder !== undefined && folder !== "") return folder;
  throw invalid("Say where the records are: --decisions FOLDER, or ESTEIRA_DECISIONS.");
}

/** What a model decided, for those who ask about it. */
export const decision: readonly Command[] = [
  {
    name: "decision show",
    summary: "Show what was decided, by which model, on which values, and why",
    arguments: [ID],
    options: [
      FOLDER,
      { flags: "--lang <language>", summary: "en or pt-BR", default: "en" },
      { flags: "--json", summary: "as JSON" },
    ],
    async run(values, terminal) {
      const language = text(values, "lang") ?? "en";
      if (language !== "en" && language !== "pt-BR") throw invalid(`--lang is '${language}': expected en or pt-BR.`);
      const { readDecisions } = await import("@esteira/models/decisions/read-decision");
      for (const opened of await readDecisions(folderOf(values, terminal), text(values, "id") ?? ""))
        terminal.out(values.json === true ? decisionJson(opened) : shownDecision(opened, language));
      return 0;
    },
  },
  {
    name: "decision replay",
    summary: "Have the same model decide again on the same values: exit code 0 the same to the bit, 3 not, 2 a fault",
    arguments: [ID],
    options: [
      FOLDER,
      { flags: "-m, --model-uri <uri>", summary: "the model, where the registry of MLFLOW_TRACKING_URI has it not" },
      ...ENGINE_OPTIONS,
    ],
    run: replay,
  },
  {
    name: "decision erase",
    summary: "Destroy what records hold of a person; the chain of records verifies as before",
    options: [
      FOLDER,
      { flags: "--subject <subject>", summary: "all records about this person or account, as the service was told it" },
      { flags: "--id <id>", summary: "the records of one decision" },
      { flags: "--older-than-days <days>", summary: "all records that are older (retention)" },
      { flags: "--reason <text>", summary: "who asked for it, or which rule: it stays", required: true },
    ],
    async run(values, terminal) {
      const { eraseDecisions } = await import("@esteira/models/decisions/erase");
      const now = Date.now();
      const context = { folder: folderOf(values, terminal), by: userInfo().username, now };
      const count = await eraseDecisions(orderOf(values, now), { ...context, reason: text(values, "reason") ?? "" });
      terminal.out(`The personal data of ${count} ${count === 1 ? "record is" : "records are"} erased.`);
      return 0;
    },
  },
  {
    name: "decision verify",
    summary: "Verify that records are what was written, none changed or left out (exit 3: they are not)",
    options: [FOLDER],
    run: verify,
  },
];

function orderOf(values: Values, now: number): ErasureOrder {
  const [subject, id, days] = [text(values, "subject"), text(values, "id"), text(values, "olderThanDays")];
  if ([subject, id, days].filter((given) => given !== undefined && given !== "").length !== 1)
    throw invalid("Say whose records to erase: one of --subject, --id and --older-than-days.");
  if (subject !== undefined) return { of: "subject", subject };
  if (id !== undefined) return { of: "id", id };
  if (!/^\d{1,6}$/.test(days ?? "")) throw invalid(`--older-than-days is '${days}': expected a whole number of days.`);
  return { of: "age", before: now - Number(days) * DAY_MS };
}

async function verify(values: Values, terminal: Terminal): Promise<number> {
  const { out } = terminal;
  const { verifyDecisions } = await import("@esteira/models/decisions/verify");
  const report = await verifyDecisions(folderOf(values, terminal));
  out(`${"decisions".padEnd(12)} ${report.decisions} in ${report.segments} segments`);
  out(`${"erased".padEnd(12)} ${report.erased}, by ${report.erasures} erasures`);
  for (const { segment, entries, hash } of report.heads.slice(-MOST_SHOWN))
    out(`${segment}  ${entries} entries, last ${hash}`);
  if (report.missed > 0)
    out(`${pc.yellow("!")} ${report.missed} decisions could not be recorded: the disk was full, failed or too slow`);
  if (report.torn > 0) out(`${pc.yellow("!")} ${report.torn} segments end within a line: a process was killed`);
  for (const { where, sequence, problem } of report.faults.slice(0, MOST_SHOWN))
    out(`${pc.red("✗")} ${where}: entry ${sequence} ${problem}`);
  const count = report.faults.length;
  out(
    count === 0
      ? `${pc.green("✓")} The records are sound.`
      : `${pc.red("✗")} The records are not sound: ${count} faults.`,
  );
  return count === 0 ? 0 : DIFFERENT;
}

async function replay(values: Values, terminal: Terminal): Promise<number> {
  const { readDecisions } = await import("@esteira/models/decisions/read-decision");
  const { checkModel, replayDecision } = await import("@esteira/models/decisions/replay");
  const { openModel } = await import("@esteira/models/flavors/open-model");
  const id = text(values, "id") ?? "";
  const found = await readDecisions(folderOf(values, terminal), id);
  let differ = 0;
  for (const { decision: made } of found) {
    const scratch = await mkdtemp(join(tmpdir(), "esteira-decision-"));
    try {
      const folder = await fetchModel(made, text(values, "modelUri"), scratch, terminal);
      await checkModel(folder, made);
      const model = await openModel(folder, {
        ...engineSettings(values, terminal.env),
        note: terminal.note,
        onPrint: terminal.note,
      });
      try {
        const { differences } = await replayDecision(made, model);
        const who = `${made.model.name} version ${made.model.version} (${made.model.digest.slice(0, 12)})`;
        const when = new Date(made.at).toISOString();
        terminal.out(
          differences.length === 0
            ? `${pc.green("✓")} Decision ${id} of ${when} is the same to the bit: ${who} gives ${made.score ?? JSON.stringify(made.prediction)} again.`
            : `${pc.red("✗")} Decision ${id} of ${when} is not the same with ${who}:`,
        );
        for (const difference of differences.slice(0, MOST_SHOWN)) terminal.out(`  ${difference}`);
        if (differences.length > 0) differ++;
      } finally {
        await model.close?.();
      }
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  }
  return differ === 0 ? 0 : DIFFERENT;
}

/** The model that decided: by its digest, wherever it is in the registry by now; else the version of that number. */
async function fetchModel(
  { id, model }: Decision,
  given: string | undefined,
  into: string,
  terminal: Terminal,
): Promise<string> {
  const { fetchModel: fetchFrom } = await import("@esteira/sdk/node/model-uri");
  const client = () => trackingClient(terminal);
  if (given !== undefined) return fetchFrom(given, into, client);
  const { items } = await client().modelVersions.search({
    filter: `tags.\`esteira.model.sha256\` = '${model.digest.replace(/[^0-9a-f]/g, "")}'`,
  });
  const version = items.find(({ name }) => name === model.name) ?? items[0] ?? model;
  try {
    return await fetchFrom(`models:/${version.name}/${version.version}`, into, client);
  } catch (error) {
    if (!(error instanceof EsteiraError) || error.code !== "RESOURCE_DOES_NOT_EXIST") throw error;
    throw notFound(
      `The registry has neither a version with digest ${model.digest.slice(0, 12)} nor ${model.name} version ${model.version}, which decided '${id}': give the model's folder with -m.`,
    );
  }
}
