import { generateKeyPairSync } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { invalid } from "@esteira/core/errors";
import type { Target } from "@esteira/core/policy/policy";
import pc from "picocolors";
import { type Command, text, type Values } from "../command.ts";
import { evidenceOf, publicText, readKey, signEvidence } from "../evidence.ts";
import { trackingClient } from "../tracking.ts";

const MODEL = { flags: "-m, --model <name>", summary: "the registered model", required: true } as const;

/** Policies, evidence and approvals, at the server of MLFLOW_TRACKING_URI. */
export const policy: readonly Command[] = [
  {
    name: "policy set",
    summary: "Put a registered model under a policy (a JSON file), which the server enforces from then on",
    arguments: [{ name: "file", summary: "the policy" }],
    options: [MODEL],
    async run(values, terminal) {
      const file = text(values, "file") ?? "";
      await trackingClient(terminal).policies.set(model(values), await jsonOf(file));
      terminal.out(`${pc.bold(model(values))} is under the policy of ${file}.`);
      return 0;
    },
  },
  {
    name: "policy show",
    summary: "Print the policy of a registered model",
    options: [MODEL],
    async run(values, terminal) {
      terminal.out(JSON.stringify(await trackingClient(terminal).policies.get(model(values)), undefined, 2));
      return 0;
    },
  },
  {
    name: "policy list",
    summary: "List which registered models are under a policy, and what it protects",
    options: [],
    async run(_, terminal) {
      for (const { name, policy: one } of await trackingClient(terminal).policies.list()) {
        terminal.out([name, ...one.aliases.map((alias) => `@${alias}`), ...one.stages].join("  "));
      }
      return 0;
    },
  },
  {
    name: "policy remove",
    summary: "Take a registered model out of its policy",
    options: [MODEL],
    async run(values, terminal) {
      await trackingClient(terminal).policies.remove(model(values));
      terminal.out(`${pc.bold(model(values))} is under no policy.`);
      return 0;
    },
  },
  {
    name: "policy break-glass",
    summary: "Set a policy aside for some minutes, with a reason that the timeline keeps",
    options: [
      MODEL,
      { flags: "--reason <text>", summary: "why", required: true },
      { flags: "--minutes <minutes>", summary: "for how long, at most 1440", default: "15" },
    ],
    async run(values, terminal) {
      const minutes = Number(text(values, "minutes"));
      const until = await trackingClient(terminal).policies.breakGlass(
        model(values),
        text(values, "reason") ?? "",
        minutes,
      );
      terminal.out(`The policy of ${pc.bold(model(values))} is set aside until ${new Date(until).toISOString()}.`);
      return 0;
    },
  },
  {
    name: "evidence key",
    summary: "Make a key (Ed25519) that signs evidence, and print its fingerprint for the policy",
    arguments: [{ name: "file", summary: "where the private key goes" }],
    options: [],
    async run(values, terminal) {
      const file = text(values, "file") ?? "";
      const { privateKey } = generateKeyPairSync("ed25519");
      await writeFile(file, privateKey.export({ format: "pem", type: "pkcs8" }), { mode: 0o600, flag: "wx" });
      const { fingerprint } = await import("@esteira/store/timeline/checkpoint");
      terminal.out(fingerprint(publicText(privateKey)));
      return 0;
    },
  },
  {
    name: "evidence submit",
    summary: "Bring a gate's verdict (verdict.json) for a version to the server, signed by a key or as a trusted CI",
    arguments: [{ name: "verdict", summary: "the verdict as the gate wrote it" }],
    options: [
      MODEL,
      { flags: "--for-version <number>", summary: "the version that was judged", required: true },
      {
        flags: "--key <file>",
        summary:
          "the private key, as `esteira evidence key` makes it; without it the token of `esteira ci login` speaks",
      },
    ],
    async run(values, terminal) {
      const verdict = await jsonOf(text(values, "verdict") ?? "");
      const evidence = evidenceOf(verdict, model(values), Number(text(values, "forVersion")));
      const file = text(values, "key");
      if (file === undefined) {
        terminal.out(await trackingClient(terminal).policies.vouchForEvidence(evidence));
        return 0;
      }
      const key = readKey(await contentOf(file), file);
      const signed = signEvidence(evidence, key);
      terminal.out(await trackingClient(terminal).policies.submitEvidence(signed));
      return 0;
    },
  },
  {
    name: "approve",
    summary: "Approve a version for a protected alias or stage, as the person who is signed in",
    arguments: [{ name: "version", summary: "MODEL/VERSION" }],
    options: [
      { flags: "--for <alias>", summary: "the alias that it may become" },
      { flags: "--for-stage <stage>", summary: "the stage that it may reach" },
    ],
    async run(values, terminal) {
      const [, name, version] = /^(.+)\/(\d+)$/.exec(text(values, "version") ?? "") ?? [];
      if (name === undefined || version === undefined)
        throw invalid("Say what is approved as MODEL/VERSION, such as pix-fraud/7.");
      const approvers = await trackingClient(terminal).policies.approve(name, version, targetOf(values));
      terminal.out(`Version ${version} of ${pc.bold(name)} is approved by ${approvers.join(", ")}.`);
      return 0;
    },
  },
];

const model = (values: Values): string => text(values, "model") ?? "";

function targetOf(values: Values): Target {
  const [alias, stage] = [text(values, "for"), text(values, "forStage")];
  if (alias !== undefined && stage === undefined) return { alias };
  if (stage !== undefined && alias === undefined) return { stage };
  throw invalid("Say for which alias (--for) or stage (--for-stage) it is approved: one of the two.");
}

async function contentOf(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch {
    throw invalid(`${file} cannot be read: name a file that is there.`);
  }
}

async function jsonOf(file: string): Promise<unknown> {
  const content = await contentOf(file);
  try {
    return JSON.parse(content);
  } catch (error) {
    throw invalid(`${file} is no JSON: ${error instanceof Error ? error.message : String(error)}.`);
  }
}
