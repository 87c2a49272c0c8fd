import { STAGES } from "@esteira/core/entities/registered-model";
import { EsteiraError, invalid } from "@esteira/core/errors";
import type { Client } from "@esteira/sdk/client";
import pc from "picocolors";
import { type Command, type Terminal, text } from "../command.ts";
import { trackingClient } from "../tracking.ts";

/** A policy says no: as a gate's refusal. */
const REFUSED = 3;

/** From a run to a version, to an alias or a stage, and back. */
export const promotion: readonly Command[] = [
  {
    name: "register",
    summary: "Make a version of a run's model, with the digest of its files in its tag, and print its number",
    arguments: [{ name: "uri", summary: "runs:/RUN_ID/PATH or models:/m-ID" }],
    options: [{ flags: "-m, --model <name>", summary: "the registered model", required: true }],
    async run(values, terminal) {
      const { registerModel } = await import("../promotion/register-model.ts");
      const name = text(values, "model") ?? "";
      const made = await registerModel(trackingClient(terminal), text(values, "uri") ?? "", name);
      terminal.note(`Version ${made.version} of ${name} ${made.isNew ? "is made" : "was made before"}: ${made.digest}`);
      terminal.out(made.version);
      return 0;
    },
  },
  {
    name: "promote",
    summary: "Make a version an alias, or move it to a stage, through the policies that hold (exit 3: refused)",
    arguments: [{ name: "version", summary: "MODEL/VERSION" }],
    options: [
      { flags: "--alias <name>", summary: "what it becomes, such as champion" },
      { flags: "--stage <stage>", summary: `or where it goes: ${STAGES.join(", ")}; what is there is archived` },
    ],
    async run(values, terminal) {
      const [, name, version] = /^(.+)\/(\d+)$/.exec(text(values, "version") ?? "") ?? [];
      if (name === undefined || version === undefined)
        throw invalid("Say what is promoted as MODEL/VERSION, such as pix-fraud/7.");
      const [alias, stageName] = [text(values, "alias"), text(values, "stage")];
      if ((alias === undefined) === (stageName === undefined))
        throw invalid("Say what it becomes: --alias or --stage, one of the two.");
      const client = trackingClient(terminal);
      return unlessRefused(terminal, async () => {
        if (alias !== undefined) {
          await client.registeredModels.setAlias(name, alias, version);
        } else {
          const stage = STAGES.find((known) => known.toLowerCase() === stageName?.toLowerCase());
          if (stage === undefined)
            throw invalid(`There is no stage '${stageName}': the stages are ${STAGES.join(", ")}.`);
          await client.modelVersions.transitionStage(name, version, { stage, archiveExistingVersions: true });
        }
        terminal.out(`Version ${version} of ${pc.bold(name)} is ${alias ?? stageName}.`);
      });
    },
  },
  {
    name: "rollback",
    summary: "Give an alias back to the version that had it before, as the timeline tells (exit 3: refused)",
    arguments: [{ name: "model", summary: "the registered model" }],
    options: [{ flags: "--alias <name>", summary: "the alias", default: "champion" }],
    async run(values, terminal) {
      const [name, alias] = [text(values, "model") ?? "", text(values, "alias") ?? "champion"];
      const client = trackingClient(terminal);
      return unlessRefused(terminal, async () => {
        const { from, to } = await formerVersion(client, name, alias);
        await client.registeredModels.setAlias(name, alias, to);
        terminal.out(`${pc.bold(name)} ${alias} is version ${to} again, after version ${from}.`);
      });
    },
  },
];

/** The version that had the alias before the one that has it now, and is still there. */
async function formerVersion(client: Client, name: string, alias: string): Promise<{ from: string; to: string }> {
  const from = (await client.registeredModels.getByAlias(name, alias)).version;
  const held = (await client.timeline.history(name))
    .filter(({ action, subject }) => action === "alias.set" && subject.alias === alias)
    .map(({ subject }) => String(subject.version));
  const before = held.slice(0, held.lastIndexOf(from)).reverse();
  for (const version of new Set(before)) {
    if (version === from) continue;
    const isThere = await client.modelVersions.get(name, version).then(
      () => true,
      () => false,
    );
    if (isThere) return { from, to: version };
  }
  throw new EsteiraError(
    "INVALID_STATE",
    `No version of ${name} was ${alias} before version ${from}: there is nothing to roll back to.`,
  );
}

async function unlessRefused(terminal: Terminal, work: () => Promise<void>): Promise<number> {
  try {
    await work();
    return 0;
  } catch (error) {
    if (!(error instanceof EsteiraError && error.code === "PERMISSION_DENIED")) throw error;
    terminal.note(`${pc.red("refused:")} ${error.message}`);
    return REFUSED;
  }
}
