/**
 * Deployments in containers of Docker or Podman. All that is known of them stands in the labels of their containers, so anybody who
 * may use the engine finds them. A front keeps the port; behind it the container of a new version is started, waited for, led to, and
 * only then the old one is told to end: no request is lost.
 */

import { once } from "node:events";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { EsteiraError, invalid, notFound } from "@esteira/core/errors";
import { z } from "zod";
import { countsIn, quantiles } from "../kubernetes/scorer-metrics.ts";
import type { CredentialSource } from "../registry/credentials.ts";
import type { ApplyOptions, DeploymentStatus, Target } from "../target.ts";
import { changesBetween, type Wanted } from "../wanted.ts";
import {
  type FrontContainer,
  filterOf,
  frontKind,
  frontSpec,
  listWire,
  type ModelContainer,
  modelSpec,
  NAMES,
  RESTART,
  readContainers,
} from "./containers.ts";
import { type Engine, EngineError, execute, written } from "./engine.ts";
import { metricsScript, readyScript, type Slot, switchScript } from "./front.ts";
import { type EngineImage, engineImage, ensureImage } from "./images.ts";
import { newestOrder, recordOrder } from "./orders.ts";
import { checkForEngine, checkName, checkSettings, DEFAULTS, type Revision, type Settings } from "./revision.ts";

export interface DockerOptions {
  readonly engine: Engine;
  readonly credentials: CredentialSource;
  /** What is said here holds; of what is not said, what was said before. */
  readonly settings?: Partial<Settings>;
  /** How long a model may take until it answers. */
  readonly readyMs?: number;
}

const READY_MS = 120_000;
/** Who asks how it is waits so long for a busy machine; who has just changed it, and seen it answer, longer. */
const ASK_SECONDS = 3;
const SETTLE_SECONDS = 30;
const LOG_LINES = 8;
const ENDING_LOOKS = 30;
/** Whoever began a change and is not heard of for so long has ended. */
const ABANDONED_MS = 60_000;

interface Found {
  readonly live?: ModelContainer;
  readonly next?: ModelContainer;
  readonly old?: ModelContainer;
  readonly front?: FrontContainer;
  readonly fronts: readonly FrontContainer[];
  readonly models: readonly ModelContainer[];
}

const createdWire = z.object({ Id: z.string() });
const inspectWire = z.object({
  RestartCount: z.int().optional(),
  State: z.object({ Running: z.boolean(), ExitCode: z.int().optional() }),
  Config: z.object({ Entrypoint: z.array(z.string()).nullish() }),
});

export function dockerTarget(options: DockerOptions): Target {
  const { engine, credentials, readyMs = READY_MS } = options;

  const find = async (name: string): Promise<Found> => {
    const call = { method: "GET", path: "/containers/json", query: { all: "1", filters: filterOf(name) } } as const;
    const { models, fronts } = readContainers(await engine.call({ ...call, doing: "list its containers" }, listWire));
    const named = <T extends { readonly name: string }>(all: readonly T[], wanted: string) =>
      all.find((one) => one.name === wanted);
    const [live, next] = [named(models, NAMES.live(name)), named(models, NAMES.next(name))];
    const [old, front] = [named(models, NAMES.old(name)), named(fronts, NAMES.front(name))];
    return {
      ...{ models, fronts },
      ...(live && { live }),
      ...(next && { next }),
      ...(old && { old }),
      ...(front && { front }),
    };
  };

  const tell = (path: string, doing: string, body?: object, query?: Record<string, string>): Promise<void> =>
    engine.tell({ method: "POST", path, doing, ...(body === undefined ? {} : { body }), ...(query && { query }) });
  const rename = (id: string, to: string) =>
    tell(`/containers/${id}/rename`, `call a container ${to}`, undefined, { name: to });
  const create = async (name: string, spec: object): Promise<string> => {
    const call = { method: "POST", path: "/containers/create", query: { name }, body: spec } as const;
    return (await engine.call({ ...call, doing: `make the container ${name}` }, createdWire)).Id;
  };
  const discard = async (id: string, graceSeconds: number): Promise<void> => {
    const gone = (error: unknown) => {
      if (!(error instanceof EngineError && [404, 409].includes(error.httpStatus))) throw error;
    };
    const query = { t: String(graceSeconds) };
    if (graceSeconds > 0) await tell(`/containers/${id}/stop`, "end a container", undefined, query).catch(gone);
    const removing = { method: "DELETE", path: `/containers/${id}`, query: { force: "1", v: "1" } } as const;
    await engine.tell({ ...removing, doing: "remove a container" }).catch(gone);
  };
  const logsOf = async (id: string, lines: number): Promise<readonly string[]> => {
    const query = { stdout: "1", stderr: "1", tail: String(lines) };
    const call = {
      method: "GET",
      path: `/containers/${id}/logs`,
      query,
      doing: "give what a container wrote",
    } as const;
    return (await written(await engine.stream(call))).split("\n").filter((line) => line !== "");
  };
  const inspect = (id: string) =>
    engine.call({ method: "GET", path: `/containers/${id}/json`, doing: "say how a container is" }, inspectWire);
  const nodeOf = async (id: string): Promise<string> => (await inspect(id)).Config.Entrypoint?.[0] ?? "node";

  /** Leads requests to a slot; a front that has just been started needs a moment. Answers why it cannot. */
  const lead = async (front: string, node: string, slot: Slot): Promise<string | undefined> => {
    for (let tries = 1; ; tries++) {
      const { code, said } = await execute(engine, front, [node, "-e", switchScript(slot)], `lead requests to ${slot}`);
      if (code === 0) return undefined;
      if (tries >= 40) return `the front cannot reach it: ${said.trim().slice(0, 200)}`;
      await sleep(250);
    }
  };

  /** Starts a container and waits until it answers; what is wrong when it does not. */
  const awaken = async (id: string, node: string, signal: AbortSignal | undefined): Promise<string | undefined> => {
    await tell(`/containers/${id}/start`, "start the model's container");
    const command = [node, "-e", readyScript(readyMs / 1000)];
    const outcome = await execute(engine, id, command, "wait for the model", signal).catch((error: unknown) => {
      signal?.throwIfAborted();
      if (error instanceof EngineError) return { code: 1 };
      throw error;
    });
    if (outcome.code === 0) return undefined;
    // What ran in it ends a moment before the engine knows that it has ended.
    let { State } = await inspect(id);
    for (let looks = 0; State.Running && looks < ENDING_LOOKS; looks++) {
      await sleep(100);
      ({ State } = await inspect(id));
    }
    const said = (await logsOf(id, LOG_LINES)).join("\n").replace(/\.$/, "");
    const why = State.Running
      ? `it did not answer within ${Math.round(readyMs / 1000)} seconds`
      : `its container ended with code ${State.ExitCode}`;
    return `${why}${said === "" ? "" : `:\n${said}`}`;
  };

  /** Puts right what a deployer left that was killed; refuses when somebody may still be at it. */
  const mended = async (name: string): Promise<Found> => {
    const found = await find(name);
    const { live, next, old, front } = found;
    const begun = next ?? old;
    if (begun === undefined) return found;
    if (next !== undefined && Date.now() - next.createdAt < readyMs + ABANDONED_MS) {
      throw new EsteiraError(
        "TEMPORARILY_UNAVAILABLE",
        `Somebody else is changing the deployment ${name}, or was stopped within the last minutes: try again later.`,
      );
    }
    if (live === undefined && old !== undefined) {
      await rename((next ?? old).id, NAMES.live(name));
      if (next !== undefined) await discard(old.id, 30);
    } else {
      if (next !== undefined && live !== undefined && front !== undefined)
        await lead(front.id, await nodeOf(front.id), live.slot);
      if (next !== undefined) await discard(next.id, 0);
      if (old !== undefined) await discard(old.id, 30);
    }
    return find(name);
  };

  const ensureNetwork = async (name: string): Promise<void> => {
    const body = {
      Name: NAMES.network(name),
      Driver: "bridge",
      CheckDuplicate: true,
      Labels: { "dev.esteira.network": name },
    };
    await engine
      .tell({ method: "POST", path: "/networks/create", body, doing: "make a network" })
      .catch((error: unknown) => {
        if (!(error instanceof EngineError && error.httpStatus === 409)) throw error;
      });
  };
  const dropNetwork = (name: string): Promise<void> =>
    engine
      .tell({ method: "DELETE", path: `/networks/${NAMES.network(name)}`, doing: "remove a network" })
      .catch((error: unknown) => {
        if (!(error instanceof EngineError && error.httpStatus === 404)) throw error;
      });

  /** A front of this port and kind, which leads to the slot; what is wrong when it cannot be had. */
  const bringFront = async (
    name: string,
    former: FrontContainer | undefined,
    want: { readonly port: number; readonly settings: Settings; readonly image: EngineImage; readonly slot: Slot },
  ): Promise<string | undefined> => {
    const { port, settings, image, slot } = want;
    if (former?.port === port && former.kind === frontKind(settings)) {
      if (!former.isRunning) await tell(`/containers/${former.id}/start`, "start the front");
      return lead(former.id, await nodeOf(former.id), slot);
    }
    // On another port the new one answers before the old one ends.
    const isBeside = former !== undefined && former.port !== port;
    if (former !== undefined && !isBeside) await discard(former.id, 15);
    const spec = frontSpec({ name, imageId: image.id, node: image.node, port, settings });
    const own = isBeside ? `${NAMES.front(name)}-next` : NAMES.front(name);
    const id = await create(own, spec);
    try {
      await tell(`/containers/${id}/start`, `open port ${port} of ${settings.address}`);
      const problem = await lead(id, image.node, slot);
      if (problem !== undefined) throw new EsteiraError("INVALID_STATE", problem);
    } catch (error) {
      await discard(id, 0);
      if (error instanceof EsteiraError) return error.message.replace(/\.$/, "");
      throw error;
    }
    if (isBeside && former !== undefined) {
      await discard(former.id, 15);
      await rename(id, NAMES.front(name));
    }
    return undefined;
  };

  const revise = (wanted: Wanted, live: ModelContainer | undefined, image: EngineImage): Revision => ({
    wanted,
    settings: checkSettings({ ...DEFAULTS, ...live?.revision.settings, ...options.settings }),
    imageId: image.id,
  });

  const change = async (
    name: string,
    { order, signal }: ApplyOptions,
    choose: (live: ModelContainer | undefined) => Promise<{ readonly revision: Revision; readonly image: EngineImage }>,
  ): Promise<DeploymentStatus> => {
    checkName(name);
    const newest = await newestOrder(engine, name);
    const own = order ?? newest;
    if (own < newest) {
      throw new EsteiraError(
        "INVALID_STATE",
        `Change ${own} of the deployment ${name} comes after change ${newest}, which is newer: it is not made.`,
      );
    }
    const { live, front, fronts } = await mended(name);
    for (const other of fronts) if (other.id !== front?.id) await discard(other.id, 0);
    const { revision, image } = await choose(live);
    signal?.throwIfAborted();
    if (order !== undefined) await recordOrder(engine, name, order);
    const { wanted, settings } = revision;
    const port = wanted.port ?? front?.port ?? (await freePort());
    const isSame = live !== undefined && isDeepStrictEqual(live.revision, revision);
    if (
      isSame &&
      live.isRunning &&
      front?.isRunning === true &&
      front.port === port &&
      front.kind === frontKind(settings)
    ) {
      return known(await statusOf(name, SETTLE_SECONDS), name);
    }
    const slot = live?.slot === "blue" ? "green" : "blue";
    const former = isSame ? live.former : live?.revision;
    const generation = isSame ? live.generation : (live?.generation ?? 0) + 1;
    await ensureNetwork(name);
    const spec = modelSpec({ revision, former, generation, order: own, slot });
    const id = await create(NAMES.next(name), spec).catch((error: unknown) => {
      if (!(error instanceof EngineError && error.httpStatus === 409)) throw error;
      throw new EsteiraError(
        "TEMPORARILY_UNAVAILABLE",
        `Somebody else is changing the deployment ${name}: try again later.`,
      );
    });
    let isLed = false;
    try {
      const problem = await awaken(id, image.node, signal);
      if (problem !== undefined) throw new NotServed(problem);
      signal?.throwIfAborted();
      isLed = true;
      const closed = await bringFront(name, front, { port, settings, image, slot });
      if (closed !== undefined) throw new NotServed(closed);
    } catch (error) {
      const back = await find(name);
      if (isLed && live !== undefined) {
        if (back.front !== undefined) await lead(back.front.id, await nodeOf(back.front.id), live.slot);
        else if (front !== undefined) {
          const old = {
            port: front.port,
            settings: live.revision.settings,
            image: { id: live.revision.imageId, node: await nodeOf(live.id) },
          };
          await bringFront(name, undefined, { ...old, slot: live.slot });
        }
      }
      await discard(id, 0);
      if (live === undefined) {
        if (back.front !== undefined) await discard(back.front.id, 0);
        await dropNetwork(name);
      }
      if (!(error instanceof NotServed)) throw error;
      throw invalid(`The deployment ${name} cannot be changed, and is as it was: ${error.message}.`);
    }
    if (live !== undefined) await rename(live.id, NAMES.old(name));
    await rename(id, NAMES.live(name));
    await tell(`/containers/${id}/update`, "have the container started again when it ends", { RestartPolicy: RESTART });
    if (live !== undefined) await discard(live.id, 30);
    return known(await statusOf(name, SETTLE_SECONDS), name);
  };

  /** `patience` is how long it may take to answer until it is said to be starting. */
  const statusOf = async (name: string, patience = ASK_SECONDS): Promise<DeploymentStatus | undefined> => {
    const { live, next, front } = await find(checkName(name));
    const shown = live ?? next;
    if (shown === undefined) return undefined;
    const { wanted, settings } = shown.revision;
    const { State, RestartCount = 0 } = await inspect(shown.id);
    const host = settings.address === "0.0.0.0" ? "127.0.0.1" : settings.address;
    const isReady = async (): Promise<boolean> => {
      if (front?.isRunning !== true || !State.Running) return false;
      const script = [await nodeOf(front.id), "-e", readyScript(patience)];
      const outcome = await execute(engine, front.id, script, "ask the model").catch(() => ({ code: 1 }));
      return outcome.code === 0;
    };
    const isServing = live !== undefined && (await isReady());
    const state = isServing ? "serving" : State.Running ? "starting" : "failed";
    const problem =
      state === "failed"
        ? `its container ended with code ${State.ExitCode}: ${(await logsOf(shown.id, LOG_LINES)).join("\n")}`
        : live !== undefined && front?.isRunning !== true
          ? "nothing keeps its port: deploy it again"
          : undefined;
    return {
      ...{ wanted, state, generation: shown.generation, restarts: RestartCount },
      ...(front === undefined ? {} : { url: `http://${host.includes(":") ? `[${host}]` : host}:${front.port}` }),
      ...(problem === undefined ? {} : { problem }),
      ...(shown.former === undefined ? {} : { former: shown.former.wanted }),
    };
  };

  return {
    async plan(wanted) {
      const checked = checkForEngine(wanted);
      const { live, front } = await find(wanted.name);
      const settings = checkSettings({ ...DEFAULTS, ...live?.revision.settings, ...options.settings });
      const old: Settings = live?.revision.settings ?? DEFAULTS;
      const said =
        live === undefined
          ? []
          : Object.entries(settings)
              .filter(
                ([key, value]) => !isDeepStrictEqual(value, Object.entries(old).find(([other]) => other === key)?.[1]),
              )
              .map(([key]) => `change its ${key}`);
      const isMoved = front !== undefined && front.kind !== frontKind(settings);
      return [
        ...changesBetween(live?.revision.wanted, checked),
        ...said,
        ...(isMoved ? ["replace what keeps its port, during which requests are refused for a moment"] : []),
      ];
    },
    apply: (wanted, applying = {}) =>
      change(wanted.name, applying, async (live) => {
        const checked = checkForEngine(wanted);
        const image = await ensureImage(engine, checked.image, credentials, applying.signal);
        return { revision: revise(checked, live, image), image };
      }),
    status: (name) => statusOf(name),
    async list() {
      const call = { method: "GET", path: "/containers/json", query: { all: "1", filters: filterOf() } } as const;
      const { models } = readContainers(await engine.call({ ...call, doing: "list the containers" }, listWire));
      const names = [...new Set(models.map(({ deployment }) => deployment))].sort();
      return (await Promise.all(names.map((name) => statusOf(name)))).filter((status) => status !== undefined);
    },
    async observe(name) {
      const { live } = await find(checkName(name));
      if (live?.isRunning !== true) return undefined;
      // A new version is a new container: it has counted from the last change on.
      const script = [await nodeOf(live.id), "-e", metricsScript];
      const outcome = await execute(engine, live.id, script, "ask for its metrics").catch(() => undefined);
      if (outcome?.code !== 0) return undefined;
      const counts = countsIn(outcome.said);
      const seconds = quantiles(counts);
      return {
        generation: live.generation,
        primary: { requests: counts.requests, failed: counts.failed, ...(seconds === undefined ? {} : { seconds }) },
        canary: { requests: 0, failed: 0 },
        shadow: { compared: 0, failed: 0, missed: 0 },
      };
    },
    async logs(name, lines) {
      const { live, next } = await find(checkName(name));
      return logsOf(known(live ?? next, name).id, lines);
    },
    rollback: (name, applying = {}) =>
      change(name, applying, async (live) => {
        const { former } = known(live, name);
        if (former === undefined) {
          throw new EsteiraError(
            "INVALID_STATE",
            `The deployment ${name} was never changed: there is nothing before it.`,
          );
        }
        // What ran then runs again, wherever its tag leads to now.
        const { wanted, imageId } = former;
        const image =
          (await engineImage(engine, imageId, imageId, applying.signal)) ??
          (await ensureImage(engine, checkForEngine(wanted).image, credentials, applying.signal));
        return { revision: { ...former, imageId: image.id }, image };
      }),
    async remove(name, { order } = {}) {
      const { models, fronts } = await find(checkName(name));
      const newest = await newestOrder(engine, name);
      if ((order ?? newest) < newest) {
        throw new EsteiraError(
          "INVALID_STATE",
          `Change ${order} of the deployment ${name} comes after change ${newest}, which is newer: it is not made.`,
        );
      }
      if (order !== undefined) await recordOrder(engine, name, order);
      for (const { id } of fronts) await discard(id, 15);
      for (const { id } of models) await discard(id, 30);
      await dropNetwork(name);
      return models.length > 0;
    },
  };
}

class NotServed extends Error {}

function known<T>(value: T | undefined, name: string): T {
  if (value !== undefined) return value;
  throw notFound(`Nothing is deployed in containers under the name ${name}.`);
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  await once(probe, "close");
  return address === null || typeof address === "string" ? 0 : address.port;
}
