import { createHash } from "node:crypto";
import { hostname } from "node:os";
import type { Run } from "@esteira/core/entities/run";
import { tagValue } from "@esteira/core/entities/tag";
import { EsteiraError } from "@esteira/core/errors";
import type { ExperimentId } from "@esteira/core/ids";
import type { Client } from "@esteira/sdk/client";
import { createRunOnce } from "@esteira/sdk/create-run";
import { hasEnded } from "../processes/process-state.ts";
import { aliveAt, keepAlive, launcherTags } from "../run/launcher.ts";
import { guardRun } from "../run/run-guard.ts";
import { reopen } from "../run/tracked-run.ts";
import { SWEEP_TAGS } from "./trials.ts";

const BEAT_MS = 5000;
/** A process that was not heard of for so long does not run its sweep any more. */
const DEAD_MS = 60_000;
/** How long a process that was just killed may take to be gone. */
const ENDING_MS = 3000;

export interface ParentInput {
  readonly experimentId: ExperimentId;
  readonly runName: string;
  readonly user: string;
  /** As of a run of a project. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What makes this sweep the same as another, in JSON. */
  readonly identity: unknown;
  readonly tags: Readonly<Record<string, string | undefined>>;
  readonly params: Readonly<Record<string, string>>;
}

export interface OpenedParent {
  readonly run: Run;
  readonly isResumed: boolean;
  /** Ends the signs of life, when the run has ended. */
  release(): void;
}

/**
 * The parent run of a sweep: one of the same sweep that has not finished, whoever began it, else a new one. While it is held it shows
 * signs of life.
 *
 * @throws EsteiraError INVALID_STATE where another process runs this very sweep.
 */
export async function openParent(client: Client, input: ParentInput, clock: () => number): Promise<OpenedParent> {
  const key = createHash("sha256").update(JSON.stringify(input.identity)).digest("hex");
  const { items } = await client.runs.search({
    experimentIds: [input.experimentId],
    filter: `tags."${SWEEP_TAGS.key}" = '${key}' and attributes.status != 'FINISHED'`,
    orderBy: ["attributes.start_time DESC"],
    maxResults: 1,
  });
  const [found] = items;
  const owner = `${hostname()}:${process.pid}`;
  const claim = listOf({ ...(await launcherTags(clock())), [SWEEP_TAGS.owner]: owner });
  let run = found;
  if (run !== undefined) {
    await refuseLive(run, clock());
    await client.runs.logBatch(run.info.runId, { tags: claim });
    await reopen(client, run);
  } else {
    const tags = listOf({ "mlflow.user": input.user, ...input.tags, [SWEEP_TAGS.key]: key });
    run = await createRunOnce(client, {
      experimentId: input.experimentId,
      runName: input.runName,
      userId: input.user,
      startTime: clock(),
      tags: [...tags, ...claim],
    });
    const params = Object.entries(input.params).map(([name, value]) => ({ key: name, value }));
    await client.runs.logBatch(run.info.runId, { params });
  }
  const { runId } = run.info;
  const endings = [keepAlive(client, runId, clock, BEAT_MS), await guardRun(input.env, runId)];
  return { run, isResumed: found !== undefined, release: () => endings.forEach((end) => void end()) };
}

const listOf = (tags: Readonly<Record<string, string | undefined>>) =>
  Object.entries(tags).flatMap(([key, value]) => (value === undefined ? [] : [{ key, value }]));

async function refuseLive({ info, data: { tags } }: Run, now: number): Promise<void> {
  if (info.status !== "RUNNING") return;
  const [, host, pid] = /^(.*):(\d+)$/.exec(tagValue(tags, SWEEP_TAGS.owner) ?? "") ?? [];
  const silence = now - aliveAt(tags);
  const isGone = silence > DEAD_MS || (host === hostname() && (await hasEnded(Number(pid), ENDING_MS)));
  if (isGone) return;
  throw new EsteiraError(
    "INVALID_STATE",
    `This sweep is at work already, as run ${info.runId} by process ${pid} on ${host}: wait for it, or end that process and run this again to go on.`,
  );
}
