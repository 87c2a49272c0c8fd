import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EsteiraError } from "@esteira/core/errors";
import { evidenceOf, signEvidence } from "../evidence.ts";
import { OWN_COMMAND } from "../own-command.ts";
import { done, refused, resultOf, type StepWork, uriOf } from "./step.ts";

const MODEL_DIGEST = "esteira.model.sha256";
const LONGEST_SAID = 2000;
/** The exit codes of a gate: it passed, or did not. */
const JUDGED: readonly (number | null)[] = [0, 3];

/** Judges the version as `esteira gate` does, in a process of its own: it may take all of a core for minutes. */
export const evaluate: StepWork = async ({ claim, env, signal }) => {
  const { model, version, former, spec } = claim.flow;
  const { gate } = spec;
  if (gate === undefined) return done("the flow has no gate");
  const scratch = await mkdtemp(join(tmpdir(), "esteira-flow-"));
  try {
    const [rules, verdict] = [join(scratch, "gate.yaml"), join(scratch, "verdict.json")];
    await writeFile(rules, gate.rules);
    const options: readonly (readonly [string, string | number | undefined])[] = [
      ["--model-uri", uriOf(model, version)],
      ["--champion", former === undefined || former === version ? "none" : uriOf(model, former)],
      ...([
        ["--gate", rules],
        ["--data", gate.data],
        ["--json", verdict],
      ] as const),
      ...([
        ["--training", gate.training],
        ["--threshold", gate.threshold],
        ["--label", gate.label],
      ] as const),
      ...([
        ["--id", gate.id],
        ["--amount", gate.amount],
        ["--customer", gate.customer],
        ["--time", gate.time],
      ] as const),
      ...([
        ["--known-at", gate.known_at],
        ["--typology", gate.typology],
      ] as const),
      ...gate.slices.map((column) => ["--slice", column] as const),
    ];
    const args = options.flatMap(([flag, value]) => (value === undefined ? [] : [flag, String(value)]));
    const child = spawn(process.execPath, [OWN_COMMAND, "gate", ...args], {
      env: { ...env, NO_COLOR: "1" },
      stdio: ["ignore", "ignore", "pipe"],
      signal,
    });
    let said = "";
    child.stderr.on("data", (bytes: Buffer) => {
      said = (said + bytes.toString()).slice(-LONGEST_SAID);
    });
    const [code] = (await once(child, "close")) as [number | null];
    if (!JUDGED.includes(code))
      throw new EsteiraError("INVALID_STATE", said.trim() || `esteira gate ended with ${code}`);
    const found: unknown = JSON.parse(await readFile(verdict, "utf8"));
    return done(code === 0 ? "the gate was passed" : "the gate was not passed", found);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
};

/** Decides by the verdict, and brings it as signed evidence where there is a key. */
export const gate: StepWork = async ({ claim, client, key }) => {
  const { model, version } = claim.flow;
  const verdict = resultOf(claim, "evaluate");
  const { outcome, failed } = readVerdict(verdict);
  if (outcome !== "passed") return refused(`${outcome.replaceAll("_", " ")}: ${failed.join("; ")}`);
  const evidence = evidenceOf(verdict, model, Number(version));
  const { tags } = await client.modelVersions.get(model, version);
  const said = tags.find((tag) => tag.key === MODEL_DIGEST)?.value.replace(/^sha256:/, "");
  if (said !== undefined && said !== evidence.digests.model)
    return refused(`the version says that its model has the digest ${said}, and it has ${evidence.digests.model}`);
  if (said === undefined)
    await client.modelVersions.setTag(model, version, { key: MODEL_DIGEST, value: `sha256:${evidence.digests.model}` });
  if (key === undefined) return done("not signed: this runner has no key for evidence");
  // The same verdict again is the same evidence, which is kept once.
  return done(await client.policies.submitEvidence(signEvidence(evidence, key)));
};

function readVerdict(verdict: unknown): { readonly outcome: string; readonly failed: readonly string[] } {
  const field = (of: unknown, name: string): unknown =>
    typeof of === "object" && of !== null ? Reflect.get(of, name) : undefined;
  const checks = field(verdict, "checks");
  const failed = (Array.isArray(checks) ? checks : [])
    .filter((check) => ["refused", "not_enough_evidence"].includes(String(field(check, "status"))))
    .map((check) => `${String(field(check, "title"))}: ${String(field(check, "reason"))}`);
  return { outcome: String(field(verdict, "outcome") ?? "no verdict"), failed };
}
