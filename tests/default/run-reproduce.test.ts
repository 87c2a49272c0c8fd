import { execFileSync } from "node:child_process";
import { cp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runId as asRunId } from "@esteira/core/ids";
import { localBackend } from "@esteira/projects/backends/local";
import type { ReproduceOptions } from "@esteira/projects/reproduce/reproduce-run";
import { reproduceRun } from "@esteira/projects/reproduce/reproduce-run";
import { verifyVerdict } from "@esteira/projects/reproduce/verify-verdict";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { commitAll, openStage, type Stage, TRAINING, write } from "./git-project.testing.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

const script = (change: readonly [string, string]) => (TRAINING["train.mjs"] ?? "").replace(...change);

/** A project in a repository, and a finished run of it. */
async function trained(name: string, files: Readonly<Record<string, string>> = {}, uncommitted = {}) {
  const folder = join(stage.home, name);
  await write(folder, { ...TRAINING, ...files });
  commitAll(folder);
  await write(folder, uncommitted);
  const { runId, status, reason } = await stage.run(folder);
  expect([status, reason]).toEqual(["FINISHED", undefined]);
  return { folder, runId };
}

function again(run: ReproduceOptions["run"], change: Partial<ReproduceOptions> = {}) {
  const never = new AbortController().signal;
  return reproduceRun({
    client: stage.client,
    run,
    data: new Map(),
    tolerances: [],
    ignored: [],
    explain: false,
    keyFile: join(stage.home, "keys/signing.pem"),
    user: "ana",
    backend: localBackend(),
    settings: { timeoutSeconds: undefined, retries: 0 },
    cwd: stage.home,
    env: stage.env,
    onOutput: () => undefined,
    note: () => undefined,
    stop: { cancelled: never, killed: never },
    ...change,
  });
}

const tagsOf = async (run: ReproduceOptions["run"]) =>
  Object.fromEntries((await stage.client.runs.get(run)).data.tags.map(({ key, value }) => [key, value]));

describe("esteira reproduce", { timeout: 300_000 }, () => {
  it("makes a run again bit by bit, from its commit and its uncommitted changes, and signs that", async () => {
    const { folder, runId } = await trained(
      "whole",
      {},
      { "train.mjs": script(["let weight =", "let weight = 2 *"]), "new.txt": "new" },
    );
    // Whatever happens to the work tree afterwards.
    execFileSync("git", ["stash", "--quiet", "--include-untracked"], { cwd: folder });
    await writeFile(join(folder, "MLproject"), "entry_points: {main: {command: 'exit 1'}}");
    const before = execFileSync("git", ["status", "--porcelain"], { cwd: folder, encoding: "utf8" });
    const { code, output, errors } = await stage.esteira(["reproduce", runId]);
    expect(code, errors).toBe(0);
    expect(output).toMatch(/Not compared: .*metrics fit_seconds \(measures time\)[\s\S]*✓ Reproduced, bit by bit\./);
    expect(execFileSync("git", ["status", "--porcelain"], { cwd: folder, encoding: "utf8" })).toBe(before);

    const original = await tagsOf(runId);
    const { items } = await stage.client.runs.search({
      experimentIds: [stage.experiment],
      filter: `tags."esteira.reproduction.of" = '${runId}'`,
    });
    const [repeated] = items;
    if (repeated === undefined) throw new Error("there is no new run");
    const tags = await tagsOf(repeated.info.runId);
    expect(original).toMatchObject({
      "esteira.reproduction.verdict": "reproduced",
      "esteira.reproduction.run": repeated.info.runId,
    });
    for (const key of ["verdict", "sha256", "key"].map((one) => `esteira.reproduction.${one}`))
      expect(tags[key]).toBe(original[key]);
    // What was restored is what was run: its own diff has the digest of the first.
    expect(tags["esteira.git.diff.sha256"]).toBe(original["esteira.git.diff.sha256"]);
    expect(repeated.data.params).toEqual((await stage.client.runs.get(runId)).data.params);
    expect((await stat(join(stage.home, "config/esteira/signing-key.pem"))).mode & 0o777).toBe(0o600);

    const verified = await stage.esteira(["reproduce", "verify", runId]);
    expect(verified.code, verified.errors).toBe(0);
    expect(verified.output).toMatch(
      /✓ signature[\s\S]*✓ key +your own key[\s\S]*✓ runs[\s\S]*✓ evidence[\s\S]*bit by bit/,
    );
  });

  it("is caught by its verification when anything is altered, or a stranger has signed", async () => {
    const { runId } = await trained("altered");
    const { reproduction } = await again(runId);
    const env = { ESTEIRA_SIGNING_KEY: join(stage.home, "keys/signing.pem") };
    const failing = async (known: Readonly<Record<string, string>> = env) =>
      (await verifyVerdict(stage.client, runId, known)).checks.filter(({ passed }) => !passed).map(({ name }) => name);
    expect(await failing()).toEqual([]);
    const nobody = { ESTEIRA_SIGNING_KEY: join(stage.home, "none"), ESTEIRA_TRUSTED_KEYS: join(stage.home, "trusted") };
    expect(await failing(nobody)).toEqual(["key"]);
    const { "esteira.reproduction.key": keyId = "" } = await tagsOf(runId);
    await writeFile(join(stage.home, "trusted"), `# ours\n${keyId} Ana\n`);
    expect(await failing(nobody)).toEqual([]);

    await stage.client.runs.setTag(runId, { key: "esteira.reproduction.verdict", value: "differs" });
    expect(await failing()).toEqual(["runs"]);
    await stage.client.runs.setTag(runId, { key: "esteira.reproduction.verdict", value: "reproduced" });
    const { artifactUri } = (await stage.client.runs.get(reproduction.runId)).info;
    await stage.client.artifacts.write(artifactUri, "model.json", "other");
    expect(await failing()).toEqual(["evidence"]);
    const file = "reproduction/verdict.json";
    const text = await stage.client.artifacts.readText(artifactUri, file);
    await stage.client.artifacts.write(artifactUri, file, text.replace('"bitwise"', '"tolerance"'));
    expect(await failing()).toEqual(["signature", "runs", "evidence"]);
  });

  it("refuses data that was changed or is gone, and takes it from where it is said to be", async () => {
    const { folder, runId } = await trained("data", { ".gitignore": "rows.csv\n" });
    await cp(join(folder, "rows.csv"), join(stage.home, "kept.csv"));
    const runs = async () => (await stage.client.runs.search({ experimentIds: [stage.experiment] })).items.length;
    const before = await runs();
    await writeFile(join(folder, "rows.csv"), "1\n2\n4\n");
    const { code, errors } = await stage.esteira(["reproduce", runId]);
    expect(code).toBe(2);
    expect(errors).toMatch(
      /The data 'rows' was changed: \S+rows\.csv has the digest [0-9a-f]{64}, and the run has read [0-9a-f]{64}/,
    );
    await rm(join(folder, "rows.csv"));
    await expect(again(runId)).rejects.toThrow("The data 'rows' is gone");
    await expect(again(runId, { data: new Map([["row", "x"]]) })).rejects.toThrow(
      "--data row: the run has read no data by that name",
    );
    expect(await runs()).toBe(before);
    const { verdict } = await again(runId, { data: new Map([["rows", "kept.csv"]]) });
    expect(verdict).toMatchObject({ outcome: "reproduced", agreement: "bitwise" });
  });

  it("refuses code that was changed or is gone, a lockfile that was, and runs that nothing says how to make", async () => {
    const { folder, runId } = await trained("code", {}, { "new.txt": "new" });
    const { artifactUri } = (await stage.client.runs.get(runId)).info;
    await stage.client.artifacts.write(artifactUri, "uncommitted.diff", "diff --git a/train.mjs b/train.mjs\n");
    await expect(again(runId)).rejects.toThrow("The code was changed: the run's uncommitted.diff has the digest");
    await stage.client.artifacts.remove(artifactUri, "uncommitted.diff");
    await expect(again(runId)).rejects.toThrow("its uncommitted.diff is gone");

    const clean = await trained("gone");
    await stage.client.runs.setTag(clean.runId, { key: "esteira.lockfile.sha256", value: "0".repeat(64) });
    await expect(again(clean.runId)).rejects.toThrow(
      "The environment was changed: the run's lockfile had the digest 000",
    );
    await rm(join(clean.folder, ".git"), { recursive: true });
    await expect(again(clean.runId)).rejects.toThrow(/The commit [0-9a-f]{40} is in no repository here/);

    await write(join(folder, "plain"), TRAINING);
    await rm(join(folder, ".git"), { recursive: true });
    await expect(again((await stage.run(join(folder, "plain"))).runId)).rejects.toThrow("The run has no commit");
    const bare = await stage.client.runs.create({ experimentId: stage.experiment, startTime: Date.now() });
    await expect(again(bare.info.runId)).rejects.toThrow("is RUNNING: only a run that has finished");
    await stage.client.runs.update(bare.info.runId, { status: "FINISHED" });
    await expect(again(bare.info.runId)).rejects.toThrow("was made by no project");
  });

  it("catches other code, and a parameter's other default, where a folder's code is run", async () => {
    const { folder, runId } = await trained("newer");
    expect((await again(runId, { code: folder })).verdict.outcome).toBe("reproduced");
    await writeFile(join(folder, "MLproject"), (TRAINING.MLproject ?? "").replace("default: 0.5", "default: 0.25"));
    const byDefault = (await again(runId, { code: folder })).verdict;
    expect(byDefault.causes.map(({ kind, text }) => `${kind}: ${text}`)).toEqual([
      "parameter default: the default of 'rate' is 0.25 now, and was 0.5; the run's own value was used",
      expect.stringMatching(/^code: uncommitted changes: none → sha256 /),
    ]);
    expect(Object.keys(byDefault.differences)).toEqual(["code"]);
    await write(folder, { ...TRAINING, "train.mjs": script(["noise = () => 0", "noise = () => 1"]) });
    commitAll(folder);
    const byCode = await stage.esteira(["reproduce", runId, "--code", folder]);
    expect(byCode.code, byCode.errors).toBe(3);
    expect(byCode.output).toMatch(/✗ Not reproduced\.\n {2}code: commit: [0-9a-f]{40} → [0-9a-f]{40}/);
    // What other code gives says nothing about the run's own.
    expect(await tagsOf(runId)).not.toHaveProperty(["esteira.reproduction.verdict"]);
    expect(await tagsOf(asRunId(byDefault.reproduction))).toMatchObject({ "esteira.reproduction.verdict": "differs" });
  });

  it("finds a training nondeterministic, and takes a stated tolerance for what it is", async () => {
    const noisy = script(["noise = () => 0", "noise = () => Math.random() * 1e-7"]);
    const { runId } = await trained("noisy", { "train.mjs": noisy });
    const plain = (await again(runId)).verdict;
    expect([plain.outcome, plain.causes.map(({ kind }) => kind)]).toEqual(["differs", ["unexplained"]]);
    const explained = (await again(runId, { explain: true })).verdict;
    expect(explained.causes.map(({ kind }) => kind)).toEqual(["nondeterminism"]);
    expect(Object.keys(explained.differences).sort()).toEqual(["artifacts", "metrics"]);
    const model = { group: "artifacts", pattern: "model.json", why: "left out by --ignore" };
    const within = (await again(runId, { tolerances: [{ metric: "loss", tolerance: 1e-6 }], ignored: [model] }))
      .verdict;
    expect(within).toMatchObject({
      outcome: "reproduced",
      agreement: "tolerance",
      withinTolerance: [{ name: "loss" }],
    });
    expect(within.notCompared).toContainEqual({ group: "artifacts", name: "model.json", why: "left out by --ignore" });
    const tight = await again(runId, { tolerances: [{ metric: "loss", tolerance: 1e-12 }], ignored: [model] });
    expect(tight.verdict.outcome).toBe("differs");
  });

  it("makes every step of a workflow again, and compares what they gave", async () => {
    const steps = `  first: {parameters: {rate: float}, outputs: [model.json], command: "node train.mjs rows.csv {rate}"}
  second: {parameters: {model: path}, command: "node train.mjs rows.csv 1 && cat {model} > /dev/null"}
  main:
    parameters: {rate: {type: float, default: 0.5}}
    steps:
      first: {parameters: {rate: "{rate}"}}
      second: {parameters: {model: "{first.model.json}"}}
`;
    const { folder, runId } = await trained("steps", { MLproject: `entry_points:\n${steps}` });
    const { verdict } = await again(runId);
    expect(verdict).toMatchObject({ outcome: "reproduced", agreement: "bitwise", differences: {} });
    expect(verdict.equal).toMatchObject({ metrics: 2, artifacts: 2 });
    // Where steps were taken from earlier runs, these are what it stands for.
    const cached = await stage.run(folder);
    expect((await again(cached.runId)).verdict.outcome).toBe("reproduced");
  });

  it("keeps its key to its owner", async () => {
    const { runId } = await trained("key");
    const open = join(stage.home, "open.pem");
    await writeFile(open, await readFile(join(stage.home, "keys/signing.pem")), { mode: 0o644 });
    await expect(again(runId, { keyFile: open })).rejects.toThrow("can be read by others");
    await writeFile(join(stage.home, "no.pem"), "no key", { mode: 0o600 });
    await expect(again(runId, { keyFile: join(stage.home, "no.pem") })).rejects.toThrow("holds no Ed25519 private key");
  });
});
