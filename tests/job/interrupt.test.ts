import { existsSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Run } from "@esteira/core/entities/run";
import { createClient } from "@esteira/sdk/client";
import { afterAll, expect, test } from "vitest";
import { runsOf, serving, tagOf } from "./snapshot.ts";
import { type Ended, type Job, LENIENT_GATE, runJob, startJob } from "./spawn-job.ts";

const folder = await mkdtemp(join(tmpdir(), "esteira-stops-"));
afterAll(() => rm(folder, { recursive: true, force: true }));

const ARGS = ["--transfers", "60000", "--trials", "30", "--gate", LENIENT_GATE];
const data = join(folder, "stopped");

/** The trials that have ended well, by the key that says what they computed. */
const finishedTrials = (runs: readonly Run[]): string[] =>
  runs.filter(({ info }) => info.status === "FINISHED").flatMap((run) => tagOf(run, "esteira.trial.key") ?? []);

/** Waits until a running job has a trial under way, and `finished` behind it. */
async function inTraining(job: Job, finished: number): Promise<void> {
  const url = await job.says(/Tracking server at (http:\S+)/);
  const client = createClient({ baseUrl: url });
  const over = job.ended.then((end): never => {
    throw new Error(`the job ended (code ${end.code}) before it could be stopped\n${end.stdout}\n${end.stderr}`);
  });
  // It ends in any case, later.
  over.catch(() => undefined);
  for (;;) {
    // What fails while the server ends is told by `over`.
    const runs = await Promise.race([over, runsOf(client).catch(() => [])]);
    const running = runs.some(({ info, data: { tags } }) => {
      const isTrial = tags.some(({ key }) => key === "esteira.trial.key");
      return isTrial && info.status === "RUNNING";
    });
    if (running && finishedTrials(runs).length >= finished) return;
    await sleep(20);
  }
}

/** Nothing of the job's process group is left; a helper process may take a moment to see that the job has gone. */
async function expectNoOrphans({ child }: Job): Promise<void> {
  const isGone = (): boolean => {
    try {
      process.kill(-(child.pid ?? 0), 0);
      return false;
    } catch {
      return true;
    }
  };
  await expect.poll(isGone, { timeout: 10_000 }).toBe(true);
}

/**
 * What a job that has ended has no business to leave: its id, scratch files, files under a name for the time being. The
 * file that the lock is on stays.
 */
const leftOver = async () =>
  (await readdir(data)).filter(
    (name) => !["artifacts", "reports", "job.lock"].includes(name) && !name.startsWith("esteira.db"),
  );

async function expectCleanStop(job: Job, end: Ended): Promise<void> {
  expect(end, end.stdout + end.stderr).toMatchObject({ code: 130, signal: null });
  expect(end.stderr.trim()).toBe("Interrupted: what was finished is kept; the same command goes on from there.");
  await expectNoOrphans(job);
  expect(await leftOver()).toEqual([]);
  expect(await readdir(join(data, "artifacts", ".esteira-uploads")).catch(() => [])).toEqual([]);
  await serving(data, async (client) => {
    const open = (await runsOf(client)).filter(({ info }) => !["FINISHED", "KILLED"].includes(info.status));
    expect(open).toEqual([]);
  });
}

test("stopped by Ctrl-C, by SIGTERM and by a kill, the same command ends where one that was left alone ends", async () => {
  // Ctrl-C in the middle of training; a second job in the same folder meanwhile is refused and disturbs nothing.
  let job = startJob([...ARGS, "--data", data]);
  await inTraining(job, 0);
  const second = await runJob([...ARGS, "--data", data]);
  expect(second.code).toBe(2);
  expect(second.stderr).toMatch(
    `pix: Another job (process ${job.child.pid}) is at work in ${data}: wait until it ends, stop it, or give this one`,
  );
  await inTraining(job, 1);
  job.child.kill("SIGINT");
  await expectCleanStop(job, await job.ended);
  const first = await serving(data, async (client) => {
    const runs = await runsOf(client);
    const parent = runs.find(({ info }) => info.runName === "xgboost-seed-7");
    expect(parent?.info.status).toBe("KILLED");
    expect(parent && tagOf(parent, "esteira.failure")).toBe("interrupted");
    return finishedTrials(runs);
  });

  job = startJob([...ARGS, "--data", data]);
  await inTraining(job, first.length + 1);
  job.child.kill("SIGTERM");
  await expectCleanStop(job, await job.ended);

  // A kill leaves everything as it is at that instant; the next job closes it.
  job = startJob([...ARGS, "--data", data]);
  await inTraining(job, first.length + 2);
  job.child.kill("SIGKILL");
  expect(await job.ended).toMatchObject({ code: null, signal: "SIGKILL" });
  await expectNoOrphans(job);
  expect(existsSync(join(data, "job.pid"))).toBe(true);

  const [resumed, whole] = await Promise.all([
    runJob([...ARGS, "--data", data]),
    runJob([...ARGS, "--data", join(folder, "whole")]),
  ]);
  expect(whole.code, whole.stdout + whole.stderr).toBe(0);
  expect(resumed.code, resumed.stdout + resumed.stderr).toBe(0);
  expect(resumed.stdout).toMatch(/An earlier job was killed: its 2 runs ended as FAILED\./);

  const standing = (of: string) =>
    serving(of, async (client) => {
      const runs = await runsOf(client);
      const champion = await client.registeredModels.getByAlias("pix-fraud", "champion");
      return {
        runs,
        champion: champion.tags.find(({ key }) => key === "esteira.model.sha256")?.value,
        versions: (await client.modelVersions.search()).items.length,
      };
    });
  const [ended, alone] = [await standing(data), await standing(join(folder, "whole"))];
  expect(ended.champion).toMatch(/^[0-9a-f]{64}$/);
  expect(ended.champion).toBe(alone.champion);
  // The forest of each attempt has the same bytes: one version, not four.
  expect(ended.versions).toBe(alone.versions);
  // No trial was trained twice, and none is missing.
  const keys = finishedTrials(ended.runs);
  expect(new Set(keys).size).toBe(keys.length);
  expect(keys.sort()).toEqual(finishedTrials(alone.runs).sort());
  const failed = ended.runs.filter(({ info }) => info.status === "FAILED");
  expect(failed.map(({ info }) => info.runName.replace(/\d+$/, "N")).sort()).toEqual(["trial-N", "xgboost-seed-N"]);
  for (const run of failed) expect(tagOf(run, "esteira.failure")).toMatch(/ended without closing it/);
  expect(ended.runs.filter(({ info }) => info.status === "RUNNING")).toEqual([]);
  // What is registered is whole: each model folder that was begun and not ended is marked so.
  await serving(data, async (client) => {
    for (const run of ended.runs) {
      for (const { modelId } of run.outputs.models) {
        const model = await client.loggedModels.get(modelId);
        expect(model.status).toBe(run.info.status === "FINISHED" ? "LOGGED_MODEL_READY" : "LOGGED_MODEL_UPLOAD_FAILED");
      }
    }
  });
});

test("stopped before and between the steps, it leaves nothing half-done either", async () => {
  for (const moment of [/Tracking server/, /\d Ledger/, /\d Baselines/, /\d Serve|\d Gate/]) {
    await rm(data, { recursive: true, force: true });
    const job = startJob(["--transfers", "30000", "--trials", "1", "--gate", LENIENT_GATE, "--data", data]);
    await job.says(moment);
    job.child.kill("SIGINT");
    const end = await job.ended;
    expect(end.code, `${moment} ${end.stdout}${end.stderr}`).toBe(130);
    await expectNoOrphans(job);
    expect(await leftOver()).toEqual([]);
    await serving(data, async (client) => {
      expect((await runsOf(client)).filter(({ info }) => info.status === "RUNNING")).toEqual([]);
    });
  }
});
