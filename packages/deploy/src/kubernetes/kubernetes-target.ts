/**
 * Deployments on a Kubernetes cluster. All that is known of them is in the cluster, so anybody who may deploy finds what another one did,
 * goes on with it, or goes back.
 */

import { isDeepStrictEqual } from "node:util";
import { EsteiraError, invalid, notFound } from "@esteira/core/errors";
import { z } from "zod";
import type { ApplyOptions, DeploymentStatus, Target } from "../target.ts";
import { serversOf } from "../traffic/servers.ts";
import { changesBetween, type Wanted } from "../wanted.ts";
import { removeAll, removeSuperfluous, superfluous } from "./clean-up.ts";
import type { Cluster } from "./cluster.ts";
import { differences } from "./differences.ts";
import { type Lease, takeLease } from "./lease.ts";
import { isRouted, type Lineage, type Manifests, manifests, type Scale, SERVICE_PORT, serviceOf } from "./manifests.ts";
import type { KubeObject, Live } from "./object.ts";
import { countsNow, observed } from "./observe.ts";
import { askPod, isReady, partOf, podLines, podsOf, restartsOf, troubleOf } from "./pods.ts";
import { checkForCluster, checkName, type Revision } from "./revision.ts";
import { failedAt, isComplete, readDeployment, settle } from "./rollout.ts";
import { mergeSettings, type Settings } from "./settings.ts";
import { listStates, NOTHING, Overtaken, readState, type State, stateName } from "./state.ts";

export interface KubernetesOptions {
  readonly cluster: Cluster;
  /** What is said here holds; of what is not said, what was said before. */
  readonly settings?: Partial<Settings>;
  /** Takes fields that somebody else sets. */
  readonly force?: boolean;
  /** Told what is waited for. */
  readonly note?: (line: string) => void;
}

export interface KubernetesTarget extends Target {
  /** The objects that `apply` would give the cluster, which is asked for nothing but what was said before. */
  drawn(wanted: Wanted): Promise<{ readonly revision: Revision; readonly manifests: Manifests }>;
}

export function kubernetesTarget({
  cluster,
  settings = {},
  force = false,
  note = () => {},
}: KubernetesOptions): KubernetesTarget {
  const { namespace } = cluster;

  const revisionOf = (wanted: Wanted, state: State): Revision => ({
    wanted: checkForCluster(wanted),
    settings: mergeSettings((state.pending ?? state.serving)?.settings, settings),
  });

  const manifestsOf = async (revision: Revision, lineage: Lineage): Promise<Manifests> => {
    if (!isRouted(revision)) return manifests(revision, namespace, lineage);
    const { name } = revision.wanted;
    const tracks = serversOf(revision.wanted).map(({ track }) => track);
    const [present, ...services] = await Promise.all([
      readDeployment(cluster, name),
      ...tracks.map((track) => cluster.get("Service", serviceOf(name, track))),
    ]);
    const addresses = new Map(
      tracks.flatMap((track, i) => {
        const address = addressOf(services[i]);
        return address === undefined ? [] : [[track, address] as const];
      }),
    );
    return manifests(revision, namespace, lineage, { pods: present?.spec.replicas, addresses });
  };

  /** Gives the cluster the objects of a revision and waits; answers why it does not come about. */
  const bring = async (
    revision: Revision,
    lineage: Lineage,
    lease: Lease,
    signal: AbortSignal | undefined,
  ): Promise<string | undefined> => {
    const { name } = revision.wanted;
    const waiting = { deadlineSeconds: revision.settings.deadlineSeconds, signal, note, renew: lease.renew };
    const give = async (objects: readonly KubeObject[], scales: readonly Scale[]): Promise<string | undefined> => {
      for (const object of objects) {
        signal?.throwIfAborted();
        await cluster.apply(object, { force, signal });
      }
      const deployments = scales.map(({ deployment }) => deployment);
      // More pods first, fewer when those answer: so there are never too few.
      for (const isGrowing of [true, false]) {
        let changed = isGrowing && deployments.length > 0;
        for (const { deployment, pods, isFewest } of scales) {
          const present = (await readDeployment(cluster, deployment))?.spec.replicas ?? 0;
          if (isGrowing ? present >= pods : present <= pods || isFewest) continue;
          await cluster.scale(deployment, pods);
          changed = true;
        }
        const problem = changed ? await settle(cluster, name, deployments, waiting) : undefined;
        if (problem !== undefined) return problem;
      }
      return undefined;
    };
    // Servers, then who routes between them, then callers: nobody is led to what does not answer yet.
    const first = await manifestsOf(revision, lineage);
    const isRouter = ({ part }: Scale) => part === "router";
    const unserved = await give(
      first.servers,
      first.scales.filter((scale) => !isRouter(scale)),
    );
    if (unserved !== undefined) return unserved;
    // Now the servers' Services have their addresses.
    const { objects, router, entry, scales } = await manifestsOf(revision, lineage);
    const problem = (await give(router, scales.filter(isRouter))) ?? (await give(entry, []));
    if (problem !== undefined) return problem;
    await removeSuperfluous(cluster, name, objects, { renew: lease.renew, signal });
    return undefined;
  };

  /** An order stays behind, so that an old deployer does not bring back what its successor has removed. */
  const forget = async (name: string, lease: Lease): Promise<void> => {
    await lease.release({ ...NOTHING, order: lease.now().order });
    if (lease.now().order === 0) await cluster.remove("ConfigMap", stateName(name));
  };

  const change = async (
    name: string,
    { order, signal }: ApplyOptions,
    next: (state: State) => Revision,
  ): Promise<DeploymentStatus> => {
    checkName(name);
    // What cannot be is refused before anything of it is written.
    next((await readState(cluster, name))?.state ?? NOTHING);
    const lease = await takeLease(cluster, name, order, signal);
    const { before } = lease;
    const { serving } = before;
    const revision = next(before);
    const isSame = before.pending === undefined && same(serving, revision);
    const generation = isSame ? before.generation : before.generation + 1;
    const former = isSame || serving === undefined || same(serving, revision) ? before.former : serving;
    const lineage: Lineage = { generation, ...(former === undefined ? {} : { former }) };
    const settled: State = {
      ...{ format: 1, order: lease.now().order, generation, serving: revision },
      ...(former === undefined ? {} : { former }),
    };
    try {
      await lease.write({ ...lease.now(), generation, pending: revision });
      const problem = await bring(revision, lineage, lease, signal);
      if (problem === undefined) {
        const counted = isSame ? before.counted : await countsNow(cluster, revision);
        const restarts = isSame ? before.restarts : restartsOf(await podsOf(cluster, name));
        await lease.release({
          ...settled,
          ...(counted === undefined ? {} : { counted }),
          ...(restarts === undefined ? {} : { restarts }),
        });
        return found(await statusOf(name), name);
      }
      throw new NotServed(problem);
    } catch (error) {
      // Whoever was stopped leaves it to the next one, who finds what was pending; so does he who no longer may.
      if (signal?.aborted === true || error instanceof Overtaken) {
        if (signal?.aborted === true) await lease.release(lease.now()).catch(() => {});
        signal?.throwIfAborted();
        throw error;
      }
      note(`It does not come about, so what was before is restored: ${messageOf(error)}`);
      const undone = await undo(name, before, generation + 1, lease, signal);
      const outcome =
        undone === undefined ? "and is as it was" : `and what was before did not come back either (${undone})`;
      if (error instanceof NotServed)
        throw invalid(`The deployment ${name} cannot be changed, ${outcome}: ${error.message}.`);
      if (undone !== undefined && error instanceof EsteiraError)
        throw new EsteiraError(error.code, `${error.message} The deployment ${name} cannot be changed, ${outcome}.`);
      throw error;
    }
  };

  /** Answers why what was before could not be brought back. */
  const undo = async (
    name: string,
    { serving, former }: State,
    generation: number,
    lease: Lease,
    signal: AbortSignal | undefined,
  ): Promise<string | undefined> => {
    if (serving === undefined) {
      await removeAll(cluster, name, lease.renew);
      await forget(name, lease);
      return undefined;
    }
    const lineage: Lineage = { generation, ...(former === undefined ? {} : { former }) };
    const problem = await bring(serving, lineage, lease, signal).catch(messageOf);
    await lease.release({
      ...{ format: 1, order: lease.now().order, generation, serving },
      ...(former === undefined ? {} : { former }),
    });
    return problem;
  };

  const statusOf = async (name: string): Promise<DeploymentStatus | undefined> => {
    const kept = await readState(cluster, checkName(name));
    const revision = kept?.state.pending ?? kept?.state.serving;
    if (kept === undefined || revision === undefined) return undefined;
    const { wanted } = revision;
    const names = manifests(revision, namespace, { generation: kept.state.generation }).scales.map(
      ({ deployment }) => deployment,
    );
    const live = await Promise.all(names.map((one) => readDeployment(cluster, one)));
    const pods = await podsOf(cluster, name);
    const isServing = kept.state.pending === undefined && live.every((one) => one !== undefined && isComplete(one));
    const isFailed = live.some((one) =>
      one === undefined ? kept.state.pending === undefined : failedAt(one) !== undefined,
    );
    const gone = names.find((_, i) => live[i] === undefined);
    const trouble =
      gone === undefined ? pods.map(troubleOf).find((one) => one !== undefined) : `the Deployment ${gone} is not there`;
    const former = kept.state.pending === undefined ? kept.state.former : kept.state.serving;
    return {
      ...{ wanted, generation: kept.state.generation },
      // Pods that go take what they have counted with them.
      restarts: Math.max(0, restartsOf(pods) - (kept.state.restarts ?? 0)),
      state: isServing ? "serving" : isFailed ? "failed" : "starting",
      url: urlOf(revision),
      ...(isServing || trouble === undefined ? {} : { problem: trouble }),
      ...(former === undefined ? {} : { former: former.wanted }),
    };
  };

  const urlOf = ({ wanted, settings }: Revision): string => {
    if (settings.host !== undefined) return `${settings.tlsSecret === undefined ? "http" : "https"}://${settings.host}`;
    const port = wanted.port ?? SERVICE_PORT;
    return `http://${wanted.name}.${namespace}.svc${port === 80 ? "" : `:${port}`}`;
  };

  return {
    async drawn(wanted) {
      const state = (await readState(cluster, checkName(wanted.name)))?.state ?? NOTHING;
      const revision = revisionOf(wanted, state);
      return { revision, manifests: await manifestsOf(revision, { generation: state.generation + 1 }) };
    },

    async plan(wanted) {
      const state = (await readState(cluster, checkName(wanted.name)))?.state ?? NOTHING;
      const revision = revisionOf(wanted, state);
      // What a router follows has its number: the same again is no other change.
      const isSame = state.pending === undefined && same(state.serving, revision);
      const generation = isSame ? state.generation : state.generation + 1;
      const { objects, scales } = await manifestsOf(revision, { generation });
      const said: string[] = [];
      for (const object of objects) {
        const { kind, metadata } = object;
        const live = await cluster.get(kind, metadata.name);
        const after = await cluster.apply(object, { dryRun: true, force });
        if (live === undefined) said.push(`create ${kind} ${metadata.name}`);
        else said.push(...differences(live, after).map((text) => `change ${kind} ${metadata.name}: ${text}`));
      }
      for (const { deployment, pods, isFewest } of scales) {
        const present = (await readDeployment(cluster, deployment))?.spec.replicas;
        if (present === undefined || present < pods || (present > pods && !isFewest))
          said.push(
            `run ${pods} ${pods === 1 ? "pod" : "pods"} of Deployment ${deployment}${present === undefined ? "" : ` in place of ${present}`}`,
          );
      }
      for (const { kind, name } of await superfluous(cluster, wanted.name, objects))
        said.push(`remove ${kind} ${name}`);
      const models = changesBetween(state.serving?.wanted, revision.wanted);
      const isUnfinished = state.pending !== undefined && said.length === 0 && models.length === 0;
      if (said.length === 0 && models.length === 0 && !isUnfinished) return [];
      return [...(isUnfinished ? ["finish the change that was begun"] : []), ...models, ...said];
    },

    apply: (wanted, options = {}) => change(wanted.name, options, (state) => revisionOf(wanted, state)),

    status: statusOf,

    async list() {
      const states = (await listStates(cluster)).filter(({ state }) => (state.pending ?? state.serving) !== undefined);
      return (await Promise.all(states.map(({ name }) => statusOf(name)))).filter((status) => status !== undefined);
    },

    async observe(name) {
      const state = (await readState(cluster, checkName(name)))?.state;
      if (state?.serving === undefined || state.pending !== undefined) return undefined;
      return observed(cluster, state, state.serving);
    },

    async ask(name, { path, body }) {
      const revision = (await readState(cluster, checkName(name)))?.state.serving;
      const part = revision !== undefined && isRouted(revision) ? "router" : "primary";
      const pod = (await podsOf(cluster, name)).find((one) => isReady(one) && partOf(one) === part);
      const reply = pod && (await askPod(cluster, pod.metadata.name, path, body));
      if (reply !== undefined) return reply;
      throw new EsteiraError("TEMPORARILY_UNAVAILABLE", `No pod of the deployment ${name} answers: look at its logs.`);
    },

    async logs(name, lines) {
      found(await statusOf(name), name);
      const pods = await podsOf(cluster, name);
      const each = await Promise.all(
        pods.map(async (pod) =>
          (await podLines(cluster, pod, lines)).map((line) =>
            pods.length === 1 ? line : `[${pod.metadata.name}] ${line}`,
          ),
        ),
      );
      return each.flat();
    },

    rollback: (name, options = {}) =>
      change(name, options, (state) => {
        const { pending, serving, former } = state;
        if ((pending ?? serving) === undefined) throw nothing(name);
        const target = pending === undefined ? former : serving;
        if (target !== undefined) return target;
        throw new EsteiraError(
          "INVALID_STATE",
          `The deployment ${name} was never changed: there is nothing before it.`,
        );
      }),

    async remove(name, { order, signal } = {}) {
      checkName(name);
      if (
        order === undefined &&
        (await readState(cluster, name)) === undefined &&
        (await superfluous(cluster, name, [])).length === 0
      )
        return false;
      const lease = await takeLease(cluster, name, order, signal);
      const { serving, pending } = lease.before;
      const was = (pending ?? serving) !== undefined || (await superfluous(cluster, name, [])).length > 0;
      await removeAll(cluster, name, lease.renew);
      await forget(name, lease);
      return was;
    },
  };
}

/** What a cluster took, and then did not bring about. */
class NotServed extends Error {}

const serviceWire = z.looseObject({ spec: z.looseObject({ clusterIP: z.string().optional() }) });

/** Its own address in the cluster, which it keeps: a router needs no DNS to find it. */
function addressOf(service: Live | undefined): string | undefined {
  const address = serviceWire.safeParse(service).data?.spec.clusterIP;
  if (address === undefined || address === "" || address === "None") return undefined;
  return address.includes(":") ? `[${address}]` : address;
}

const same = (a: Revision | undefined, b: Revision): boolean => isDeepStrictEqual(a, b);
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
const nothing = (name: string): EsteiraError => notFound(`Nothing is deployed there under the name ${name}.`);

function found<T>(value: T | undefined, name: string): T {
  if (value !== undefined) return value;
  throw nothing(name);
}
