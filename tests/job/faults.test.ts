import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runsOf, serving, tagOf } from "./snapshot.ts";
import { type Ended, LENIENT_GATE, runJob, startJob } from "./spawn-job.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "esteira-faults-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const FAULT = 2;
const REFUSED = 3;

/** The job ended by a fault that a person can read: one sentence on stderr, no stack. */
function expectFault(end: Ended, sentence: string | RegExp): void {
  expect(end.stderr.trim()).toMatch(sentence);
  expect(end.stderr.trim()).toMatch(/^pix: /);
  expect(end.stderr.trim(), "one line").not.toContain("\n");
  expect(end).toMatchObject({ code: FAULT, signal: null });
}

test.each([
  [["--transfer", "5"], /Unknown option --transfer: did you mean --transfers\?/],
  [["--transfers", "many"], /--transfers is 'many': expected a whole number from 20000 to 20000000/],
  [["--days", "3"], /--days is '3': expected a whole number from 60 to 730/],
  [["--trainer", "svm"], /--trainer is 'svm': expected one of both, xgboost, random-forest/],
  [["--port", "70000"], /--port is '70000'/],
  [
    ["--gate", "nowhere.yaml"],
    /The gate nowhere\.yaml cannot be read \(ENOENT.*give the path of a YAML file with --gate/,
  ],
  [["--ledger", "nowhere.csv"], /nowhere\.csv/],
] as const)("%j: refused in one sentence, exit 2", async (args, sentence) => {
  const data = join(folder, "never-made");
  expectFault(await runJob([...args, "--data", data]), sentence);
  if (args[0] !== "--ledger") expect(existsSync(data)).toBe(false);
});

test("a gate that cannot be read says its line, before any work", async () => {
  const gate = join(folder, "broken.yaml");
  await writeFile(gate, "version: 1\nname: broken\nchecks:\n  - { check: latencies }\n");
  const end = await runJob(["--gate", gate, "--data", join(folder, "never-made")]);
  expectFault(end, /broken\.yaml:4:\d+: checks\[0\]\.check is latencies; known checks are/);
  expect(end.stdout).toBe("");
});

test("a busy port", async () => {
  const holder = createServer();
  await new Promise<void>((up) => holder.listen(0, "127.0.0.1", up));
  const address = holder.address();
  const port = typeof address === "object" && address !== null ? String(address.port) : "";
  try {
    const data = join(folder, "busy-port");
    expectFault(await runJob(["--port", port, "--data", data]), `Port ${port} on 127.0.0.1 is already in use`);
    expect(await readdir(data)).not.toContain("job.pid");
  } finally {
    holder.close();
  }
});

test("a file in the data folder's place, or on the way to it", async () => {
  const file = join(folder, "a-file");
  await writeFile(file, "");
  expectFault(await runJob(["--data", file]), /a-file cannot be used as a folder, because a file is in its place/);
  expectFault(await runJob(["--data", join(file, "below")]), /cannot be used as a folder/);
});

const isRoot = process.getuid?.() === 0;
test.skipIf(process.platform === "win32")("a data folder that may not be written", async () => {
  const locked = join(folder, "locked");
  await mkdir(locked, { mode: 0o555 });
  // Root may write everywhere: it starts the job as nobody, who must be able to come here.
  if (isRoot) await chmod(folder, 0o755);
  const given = isRoot ? { uid: 65534, env: { HOME: folder, TMPDIR: "/tmp" } } : {};
  for (const data of [locked, join(locked, "below")]) {
    expectFault(await runJob(["--data", data], given), /locked\S* cannot be written: give this user write permission/);
  }
  expect(await readdir(locked)).toEqual([]);
});

test("no libxgboost within reach", async () => {
  const bin = join(folder, "bin");
  await mkdir(bin);
  await symlink(process.execPath, join(bin, "node"));
  const home = join(folder, "empty-home");
  await mkdir(home);
  const data = join(folder, "no-library");
  const env = { PATH: bin, HOME: home, XDG_CACHE_HOME: join(home, "cache"), VIRTUAL_ENV: "", ESTEIRA_XGBOOST_LIB: "" };
  const end = await runJob(["--data", data], { env });
  expectFault(
    end,
    /libxgboost 3\.2\.0 was not found.*neither pip nor uv is installed.*run "pip install xgboost-cpu==3\.2\.0"/,
  );
  await serving(data, async (client) => expect(await runsOf(client)).toEqual([]));
  expect(await readdir(data)).not.toContain("job.pid");

  const wrong = join(folder, "libxgboost.so");
  await writeFile(wrong, "bytes of somebody else");
  const refused = await runJob(["--data", data], { env: { ESTEIRA_XGBOOST_LIB: wrong } });
  expectFault(
    refused,
    /libxgboost\.so, whose SHA-256 [0-9a-f]{64} is none of the published builds of libxgboost 3\.2\.0/,
  );
});

test("a candidate that the gate refuses: exit 3, with the evidence printed and kept, and nothing registered", async () => {
  const gate = join(folder, "strict.yaml");
  await writeFile(gate, "version: 1\nname: strict\nchecks:\n  - { check: metric, metric: auc_pr, min: 0.99 }\n");
  const data = join(folder, "refused");
  const end = await runJob(["--transfers", "30000", "--trainer", "random-forest", "--gate", gate, "--data", data]);
  expect(end.code, end.stdout + end.stderr).toBe(REFUSED);
  expect(end.stdout).toMatch(/Gate strict +REFUSED/);
  const evidence = /random-forest \(refused\): evidence at runs:\/([0-9a-f]{32})\/(gate\/verdict\.md)/.exec(end.stdout);
  await serving(data, async (client) => {
    const [run] = await runsOf(client);
    expect(run?.info).toMatchObject({ runId: evidence?.[1], status: "FINISHED" });
    expect(run && tagOf(run, "esteira.gate.verdict")).toBe("refused");
    const text = await client.artifacts.readText(run?.info.artifactUri ?? "", evidence?.[2] ?? "");
    expect(text).toMatch(/auc_pr is [\d.]+.*0\.99/);
    expect((await client.registeredModels.search()).items).toEqual([]);
  });
});

test("a world with too few frauds for the project's gate: exit 3, not enough evidence", async () => {
  const data = join(folder, "few-frauds");
  const end = await runJob(["--transfers", "30000", "--trainer", "random-forest", "--data", data]);
  expect(end.code, end.stdout + end.stderr).toBe(REFUSED);
  expect(end.stdout).toMatch(/Only \d+ frauds are known; 80 are needed/);
  expect(end.stdout).toMatch(/Champion +none: no candidate has passed the gate/);
});

test("artifacts that cannot be written: a FAILED run with the reason, and the same command goes on from there", async () => {
  const data = join(folder, "no-artifacts");
  await mkdir(data);
  await writeFile(join(data, "artifacts"), "a file in the folder's place");
  const args = ["--transfers", "30000", "--trainer", "random-forest", "--gate", LENIENT_GATE, "--data", data];
  expectFault(await runJob(args), /environment\.json/);
  await serving(data, async (client) => {
    const runs = await runsOf(client);
    expect(runs.map(({ info }) => info.status)).toEqual(["FAILED"]);
    expect(runs[0] && tagOf(runs[0], "esteira.failure")).toMatch(/environment\.json/);
  });
  expect(await readdir(data)).not.toContain("job.pid");
  expect(await readdir(data)).not.toContain("scratch");

  await rm(join(data, "artifacts"));
  const again = await runJob(args);
  expect(again.code, again.stdout + again.stderr).toBe(0);
  await serving(data, async (client) => {
    expect((await runsOf(client)).map(({ info }) => info.status)).toEqual(["FAILED", "FINISHED", "FINISHED"]);
  });
});

test("a reader that goes away is an interruption, not a crash", async () => {
  const job = startJob(["--transfers", "20000", "--data", join(folder, "no-reader")]);
  await job.says(/Tracking server/);
  job.child.stdout?.destroy();
  const end = await job.ended;
  expect(end.code).toBe(130);
  expect(end.stderr.trim()).toMatch(/^Interrupted: .*the same command goes on from there\.$/);
});

test("a file with a fault in it leaves no run", async () => {
  const ledger = join(folder, "wrong.csv");
  await writeFile(ledger, "a,b\n1,2\n");
  const data = join(folder, "wrong-file");
  expectFault(await runJob(["--ledger", ledger, "--data", data]), /wrong\.csv/);
  await serving(data, async (client) => expect(await runsOf(client)).toEqual([]));
});
