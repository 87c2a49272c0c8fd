/** How a deployment is and how its models do, as its containers say. */

import { type Counts, countsIn, quantiles, since } from "../kubernetes/scorer-metrics.ts";
import type { Observation } from "../observation.ts";
import { observationWire } from "../observation.ts";
import type { DeploymentStatus } from "../target.ts";
import type { ContainerCalls } from "./container-calls.ts";
import { type Containers, type FrontContainer, type Head, NAMES } from "./containers.ts";
import { leadScript, metricsScript, observationScript } from "./front.ts";
import type { DeploymentRecord } from "./record.ts";
import { distinct, membersOf } from "./revision.ts";
import { containersOf, type Servers, serversOf } from "./servers.ts";

const LOG_LINES = 8;

/** The one that keeps the port; one whose making was interrupted, where there is no other. */
export const frontOf = ({ fronts }: Containers, name: string): FrontContainer | undefined =>
  fronts.find((front) => front.name === NAMES.front(name)) ?? fronts[0];

/**
 * @param led where its front leads, for who has just led it there and seen it answer; else the front is asked, for so many seconds until it
 * is said to be starting
 */
export async function statusOf(
  calls: ContainerCalls,
  name: string,
  record: DeploymentRecord,
  led: Head | { readonly askSeconds: number },
): Promise<DeploymentStatus> {
  const { revision, generation, former, port, before } = record;
  const containers = await calls.find(name);
  const servers = serversOf(revision, generation, containers);
  const front = frontOf(containers, name);
  const seen = servers === undefined ? [] : containersOf(servers);
  const states = await Promise.all(seen.map(async ({ id }) => ({ id, ...(await calls.inspect(id)) })));
  const ended = states.find(({ State }) => !State.Running);
  const leads = async (): Promise<string | undefined> => {
    if (servers === undefined || ended !== undefined || front?.isRunning !== true) return undefined;
    if (typeof led === "string") return led;
    return (await calls.said(front.id, leadScript(led.askSeconds), "ask the model"))?.trim();
  };
  const there = await leads();
  const isServing = there !== undefined && there === servers?.head;
  const restarts = states.reduce(
    (sum, { id, RestartCount = 0 }) => sum + Math.max(0, RestartCount - (before[id]?.restarts ?? 0)),
    0,
  );
  const problem = isServing
    ? undefined
    : servers === undefined
      ? "a container of it is gone: deploy it again"
      : ended !== undefined
        ? `its container ended with code ${ended.State.ExitCode}: ${(await calls.logs(ended.id, LOG_LINES)).join("\n")}`
        : front?.isRunning !== true
          ? "nothing keeps its port: deploy it again"
          : there !== undefined
            ? "a change of it was interrupted: deploy it again"
            : undefined;
  const address = revision.settings.address === "0.0.0.0" ? "127.0.0.1" : revision.settings.address;
  return {
    ...{ wanted: revision.wanted, generation, restarts },
    state: isServing ? "serving" : servers === undefined || ended !== undefined ? "failed" : "starting",
    url: `http://${address.includes(":") ? `[${address}]` : address}:${port}`,
    ...(problem === undefined ? {} : { problem }),
    ...(former === undefined ? {} : { former: former.wanted }),
  };
}

/** What a scorer has counted since it was started. */
export async function countsOf(calls: ContainerCalls, id: string): Promise<Counts | undefined> {
  const said = await calls.said(id, metricsScript, "ask for its metrics");
  return said === undefined ? undefined : countsIn(said);
}

/** What its servers had counted until now, for those that go on under another record. */
export async function countedUntilNow(
  calls: ContainerCalls,
  { models, router, primary }: Servers,
  made: ReadonlySet<string>,
): Promise<DeploymentRecord["before"]> {
  const before: Record<string, DeploymentRecord["before"][string]> = {};
  for (const { id } of models) {
    if (made.has(id)) continue;
    // Where there is a router, it counts, and begins anew.
    const counts = router === undefined && id === primary.id ? await countsOf(calls, id) : undefined;
    const { RestartCount = 0 } = await calls.inspect(id);
    before[id] = { restarts: RestartCount, ...(counts && { counts }) };
  }
  return before;
}

export async function observationOf(
  calls: ContainerCalls,
  name: string,
  { revision, generation, before }: DeploymentRecord,
): Promise<Observation | undefined> {
  const servers = serversOf(revision, generation, await calls.find(name));
  if (servers === undefined) return undefined;
  if (servers.router !== undefined) {
    const said = await calls.said(servers.router.id, observationScript, "ask how its models do");
    return said === undefined ? undefined : observationWire.safeParse(JSON.parse(said)).data;
  }
  const { id } = servers.primary;
  const all = await countsOf(calls, id);
  if (all === undefined) return undefined;
  const counts = since(before[id]?.counts, all);
  const seconds = quantiles(counts);
  return {
    generation,
    primary: { requests: counts.requests, failed: counts.failed, ...(seconds === undefined ? {} : { seconds }) },
    canary: { requests: 0, failed: 0 },
    shadow: { compared: 0, failed: 0, missed: 0 },
  };
}

/** Of each server in its turn, where there are several. */
export async function logsOf(
  calls: ContainerCalls,
  name: string,
  { revision }: DeploymentRecord,
  lines: number,
): Promise<readonly string[]> {
  const { models } = await calls.find(name);
  const members = distinct(membersOf(revision));
  const each = await Promise.all(
    members.map(async ({ key, model }) => {
      const id = models.find((one) => one.key === key)?.id;
      const said = id === undefined ? [] : await calls.logs(id, lines);
      return members.length === 1 ? said : said.map((line) => `[${model}] ${line}`);
    }),
  );
  return each.flat();
}
