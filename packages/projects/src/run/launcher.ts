import { readFile, readlink } from "node:fs/promises";
import { tagValue } from "@esteira/core/entities/tag";
import type { ExperimentId } from "@esteira/core/ids";
import type { Client } from "@esteira/sdk/client";

/** On every run of a project while it is at work: the process that will end it. */
export const LAUNCHER_TAG = "esteira.project.launcher";
/** Why such a run has failed, in its tag `esteira.failure`. */
export const ABANDONED =
  "The process that ran this project ended without closing the run: it was killed, or ran out of memory. What it had started was ended.";

/** This process, as nothing else is called on any machine: boot, namespace of process ids, id, and when it began. Linux only. */
export async function thisLauncher(): Promise<string | undefined> {
  const [place, began] = await Promise.all([launcherPlace(), beganAt(String(process.pid))]);
  return place === undefined || began === undefined ? undefined : `${place}/${process.pid}/${began}`;
}

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

/**
 * Ends the runs of an experiment that are RUNNING although their launcher, on this machine, is gone: FAILED, with the reason. Launchers
 * of other machines cannot be seen from here, and their runs are left alone.
 *
 * @returns their ids.
 */
export async function endAbandoned(
  client: Client,
  experimentId: ExperimentId,
  now: number,
): Promise<readonly string[]> {
  const place = await launcherPlace();
  if (place === undefined) return [];
  const { items } = await client.runs.search({
    experimentIds: [experimentId],
    filter: `attributes.status = 'RUNNING' AND tags.\`${LAUNCHER_TAG}\` LIKE '${place}/%'`,
    maxResults: 200,
  });
  const ended: string[] = [];
  for (const { info, data } of items) {
    const [, , pid = "", began] = (tagValue(data.tags, LAUNCHER_TAG) ?? "").split("/");
    if (!/^\d+$/.test(pid) || (await beganAt(pid)) === began) continue;
    await client.runs.setTag(info.runId, { key: "esteira.failure", value: ABANDONED });
    await client.runs.update(info.runId, { status: "FAILED", endTime: now });
    ended.push(info.runId);
  }
  return ended;
}
