import { readFile } from "node:fs/promises";
import { invalid } from "@esteira/core/errors";
import type { TimelineEntry } from "@esteira/core/timeline/entry";
import pc from "picocolors";
import { DATABASE } from "../administration.ts";
import { type AuditSource, auditSource, type StandingQuestion } from "../audit/source.ts";
import { verifierScript } from "../audit/verifier-script.ts";
import { auditVerify } from "../audit/verify.ts";
import { type Command, type Terminal, text, type Values } from "../command.ts";
import { SIGNING_KEY } from "../signing-key.ts";

const auditCommand = (
  name: string,
  summary: string,
  options: Command["options"],
  act: (source: AuditSource, values: Values, terminal: Terminal) => Promise<number>,
): Command => ({
  name: `audit ${name}`,
  summary,
  options: [...options, DATABASE, SIGNING_KEY],
  async run(values, terminal) {
    const source = await auditSource(values, terminal);
    try {
      return await act(source, values, terminal);
    } finally {
      await source.close();
    }
  },
});

/** The timeline: in the database that is named, or behind the server of MLFLOW_TRACKING_URI. */
export const audit: readonly Command[] = [
  auditCommand(
    "verify",
    "Verify the whole timeline, and compare it with the registry (exit 3: it is not sound)",
    [
      {
        flags: "--key <fingerprint>",
        summary: "a key that is known to have signed it, as `esteira audit checkpoint` shows it",
      },
    ],
    auditVerify,
  ),
  auditCommand(
    "show",
    "Show the entries of one model, or the newest of all",
    [
      { flags: "-m, --model <name>", summary: "only this model, under all its names" },
      { flags: "-n, --last <count>", summary: "how many", default: "50" },
    ],
    async (source, values, terminal) => {
      const last = wholeNumber(values, "last");
      const model = text(values, "model");
      const entries = model === undefined ? await newest(source, last) : await source.history(model);
      for (const entry of entries.slice(-last)) terminal.out(shown(entry));
      return 0;
    },
  ),
  auditCommand(
    "export",
    "Write all entries and checkpoints to standard output, a line each, for `esteira audit verifier`",
    [],
    async (source, _, terminal) => {
      for await (const rows of source.pages()) for (const { entry } of rows) terminal.out(entry);
      for (const seal of (await source.seals()) ?? []) terminal.out(JSON.stringify(seal));
      return 0;
    },
  ),
  auditCommand(
    "who-was-champion",
    "Tell which version an alias or a stage stood for at an instant, since when, and by whom",
    [
      { flags: "-m, --model <name>", summary: "the model, as it was called then", required: true },
      { flags: "--at <time>", summary: "for example 2026-03-01T12:00:00Z (default: now)" },
      { flags: "--alias <name>", summary: "the alias (default: champion)" },
      { flags: "--stage <name>", summary: "the stage, instead of an alias" },
    ],
    async (source, values, terminal) => {
      const model = text(values, "model") ?? "";
      const at = instant(text(values, "at"));
      const of = question(values);
      const name = "alias" in of ? of.alias : of.stage;
      const { versions, since, isUncertain } = await source.standing(model, of, at);
      const when = at === undefined ? "now" : new Date(at).toISOString();
      terminal.out(
        versions.length === 0
          ? `No version of ${model} was ${name} at ${when}.`
          : `${model} ${name} at ${when}: version ${pc.bold(versions.join(", "))}`,
      );
      if (since !== undefined) terminal.out(`  since ${shown(since)}`);
      if (isUncertain)
        terminal.note("The registry was changed outside of Esteira meanwhile: `esteira audit verify` tells what.");
      return 0;
    },
  ),
  auditCommand(
    "checkpoint",
    "Sign the timeline as it is now, and print the checkpoint to keep elsewhere",
    [],
    async (source, _, terminal) => {
      const checkpoint = await source.checkpoint();
      terminal.note(`${checkpoint.size} entries, signed by the key ${checkpoint.key}`);
      terminal.out(JSON.stringify(checkpoint));
      return 0;
    },
  ),
  auditCommand(
    "prove",
    "Print the proof that an entry is in the timeline: a Merkle path (RFC 9162) to a checkpoint's root",
    [
      { flags: "--entry <sequence>", summary: "its number", required: true },
      { flags: "--size <entries>", summary: "of the first so many, as a checkpoint says (default: all)" },
    ],
    async (source, values, terminal) => {
      const size = text(values, "size") === undefined ? undefined : wholeNumber(values, "size");
      terminal.out(JSON.stringify(await source.prove(wholeNumber(values, "entry"), size)));
      return 0;
    },
  ),
  {
    name: "audit rotate-key",
    summary: "Replace the key that signs the timeline by a new one, for which the old one vouches",
    options: [DATABASE, SIGNING_KEY],
    async run(values, terminal) {
      const { sealFileOf } = await import("@esteira/store/timeline/seal-file");
      const { backendStoreUri } = await import("../administration.ts");
      const { signingKey } = await import("../signing-key.ts");
      const seals = sealFileOf(backendStoreUri(values, terminal.env), signingKey(values, terminal.env));
      if (seals === undefined)
        throw invalid("Name the key with --signing-key FILE: a PostgreSQL database has none beside it.");
      terminal.out(`The timeline is signed by the key ${pc.bold(seals.rotate(Date.now()))} from now on.`);
      return 0;
    },
  },
  {
    name: "audit verifier",
    summary: "Print a program that verifies an export by itself: `node verify-timeline.mjs EXPORT [KEY]`",
    options: [],
    async run(_, terminal) {
      terminal.out((await readFile(verifierScript(), "utf8")).trimEnd());
      return 0;
    },
  },
];

async function newest(source: AuditSource, count: number): Promise<readonly TimelineEntry[]> {
  const { parseEntry } = await import("@esteira/core/timeline/entry");
  let entries: TimelineEntry[] = [];
  for await (const rows of source.pages()) {
    entries = [...entries, ...rows.flatMap(({ entry }) => parseEntry(entry) ?? [])].slice(-count);
  }
  return entries;
}

/** `42 2026-03-01T12:00:00.000Z ana (token t1) alias.set fraud version 3 alias champion  {"aliases":{"champion":3}}` */
function shown({ sequence, at, actor, action, subject, after, evidence, reason, behind }: TimelineEntry): string {
  const { model, ...parts } = subject;
  const by =
    actor.origin === "local" || actor.origin === "anonymous"
      ? actor.name
      : `${actor.name} (${[actor.origin, actor.issuer, actor.token].filter(Boolean).join(" ")})`;
  return [
    `${String(sequence).padStart(6)} ${new Date(at).toISOString()} ${by} ${pc.bold(action)} ${model}`,
    ...Object.entries(parts).map(([name, value]) => `${name} ${value}`),
    pc.dim(JSON.stringify(after)),
    ...(evidence === undefined ? [] : [evidence]),
    ...(reason === undefined ? [] : [`"${reason}"`]),
    ...(behind === undefined ? [] : [pc.yellow(`the clock was ${behind} ms behind`)]),
  ].join(" ");
}

function question(values: Values): StandingQuestion {
  const [alias, stage] = [text(values, "alias"), text(values, "stage")];
  if (alias !== undefined && stage !== undefined) throw invalid("Give --alias or --stage, not both.");
  return stage === undefined ? { alias: alias ?? "champion" } : { stage };
}

function instant(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const time = /^\d{11,}$/.test(value) ? Number(value) : Date.parse(value);
  if (Number.isFinite(time)) return time;
  throw invalid(`--at is '${value}': write a time such as 2026-03-01T12:00:00Z, or milliseconds since 1970.`);
}

function wholeNumber(values: Values, name: string): number {
  const value = text(values, name) ?? "";
  if (/^[1-9]\d{0,14}$/.test(value)) return Number(value);
  throw invalid(`--${name} is '${value}': it must be a whole number of at least 1.`);
}
