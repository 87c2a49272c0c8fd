import { readFile, readlink } from "node:fs/promises";
import { type Tag, tagValue } from "@esteira/core/entities/tag";
import type { ExperimentId, RunId } from "@esteira/core/ids";
import type { Client } from "@esteira/sdk/client";

/** On every run of a project while it is at work: the process that will end it. */
const LAUNCHER_TAG = "esteira.project.launcher";
/** And when that was last alive, in milliseconds. */
const ALIVE_TAG = "esteira.project.alive";
const BEAT_MS = 60_000;
/** A process that cannot be looked at from here is gone when it was silent for so long. */
const SILENT_MS = 15 * BEAT_MS;

/** Why a run has failed whose launcher is gone, in its tag `esteira.failure`. */
const KILLED =
  "The process that ran this project ended without closing the run: it was killed, or ran out of memory. What it had started was ended.";
const SILENT = `The process that ran this project was silent for ${SILENT_MS / 60_000} minutes: its machine was switched off, or cannot reach the server.`;

/** Whether a run has failed because its launcher was gone. */
export const wasAbandoned = (tags: readonly Tag[]): boolean =>
  [KILLED, SILENT].includes(tagValue(tags, "esteira.failure") ?? "");

/** This process, as nothing else is called on any machine: boot, namespace of process ids, id, and when it began. Linux only. */
export async function thisLauncher(): Promise<string | undefined> {
  const [place, began] = await Promise.all([launcherPlace(), beganAt(String(process.pid))]);
  return place === undefined || began === undefined ? undefined : `${place}/${process.pid}/${began}`;
}

/** The tags of a run that this process will end. */
export const launcherTags = async (now: number): Promise<Readonly<Record<string, string | undefined>>> => ({
  [LAUNCHER_TAG]: await thisLauncher(),
  [ALIVE_TAG]: String(now),
});

/**
 * Shows signs of life on a run.
 *
 * @returns what ends them.
 */
export function keepAlive(client: Client, runId: RunId, clock: () => number, everyMs = BEAT_MS): () => void {
  const beat = setInterval(() => {
    client.runs.setTag(runId, { key: ALIVE_TAG, value: String(clock()) }).catch(() => undefined);
  }, everyMs);
  beat.unref();
  return () => clearInterval(beat);
}

/** When the launcher of a run has last shown signs of life, in milliseconds; 0 where it never has. */
export const aliveAt = (tags: readonly Tag[]): number => Number(tagValue(tags, ALIVE_TAG) ?? 0);

/** Where the ids of processes mean what they mean here. */
async function launcherPlace(): Promise<string | undefined> {
  try {
    const boot = (await readFile("/proc/sys/kernel/random/boot_id", "utf8")).trim();
    return `${boot}/${(await readlink("/proc/self/ns/pid")).replace(/\D+/g, "")}`;
  } catch {
    return undefined;
  }
}

/** Clock ticks from the boot to the beginning of a process; undefined where there is none. proc(5): the 22nd field. */
async function beganAt(pid: string): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  const [state, ...fields] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return state === undefined || state === "" || state === "Z" || state === "X" ? undefined : fields[18];
}

/** Who looks for abandoned runs, and where. */
export interface Search {
  readonly experimentId: ExperimentId;
  /** The backend that can end what it still does elsewhere: runs of others are left to these, but for those of a machine's processes. */
  readonly backend: string;
  readonly now: number;
}

/**
 * Ends the runs of an experiment that are RUNNING although their launcher is gone: FAILED, with the reason. One of this machine is looked
 * for; one of another, or of this one before it was started again, is gone when it was silent for a quarter of an hour.
 *
 * @returns their ids.
 */
export async function endAbandoned(client: Client, { experimentId, backend, now }: Search): Promise<readonly RunId[]> {
  const place = await launcherPlace();
  const { items } = await client.runs.search({
    experimentIds: [experimentId],
    filter: `attributes.status = 'RUNNING' AND tags.\`${ALIVE_TAG}\` LIKE '%'`,
    maxResults: 200,
  });
  const ended: RunId[] = [];
  for (const { info, data } of items) {
    if (!["local", backend].includes(tagValue(data.tags, "mlflow.project.backend") ?? "local")) continue;
    const reason = await whyGone(data.tags, place, now);
    if (reason === undefined) continue;
    await endAs(client, info.runId, reason, now);
    ended.push(info.runId);
  }
  return ended;
}

/** Undefined for a launcher that is at work, or may be. */
async function whyGone(tags: readonly Tag[], place: string | undefined, now: number): Promise<string | undefined> {
  const launcher = tagValue(tags, LAUNCHER_TAG);
  if (place === undefined || launcher?.startsWith(`${place}/`) !== true)
    return now - aliveAt(tags) > SILENT_MS ? SILENT : undefined;
  const [, , pid = "", began] = launcher.split("/");
  return !/^\d+$/.test(pid) || (await beganAt(pid)) === began ? undefined : KILLED;
}

/** Ends a run whose launcher was killed, unless it has ended or another process has taken it up. */
export async function endKilled(client: Client, runId: RunId, launcher: string, now: number): Promise<void> {
  const { info, data } = await client.runs.get(runId);
  if (info.status !== "RUNNING" || tagValue(data.tags, LAUNCHER_TAG) !== launcher) return;
  await endAs(client, runId, KILLED, now);
}

async function endAs(client: Client, runId: RunId, reason: string, now: number): Promise<void> {
  await client.runs.setTag(runId, { key: "esteira.failure", value: reason });
  await client.runs.update(runId, { status: "FAILED", endTime: now });
}
