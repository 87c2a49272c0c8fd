/**
 * Deployments in containers of Docker or Podman. All that is known of them the engine keeps, so anybody who may use it finds them. A front
 * keeps the port; behind it the server of a new version is started, waited for, led to, and only then the old one is told to end: no
 * request is lost. Where a canary or a shadow is wanted, the front leads to a router between their servers, made of the same image.
 */

import { once } from "node:events";
import { createServer } from "node:net";
import { isDeepStrictEqual } from "node:util";
import { EsteiraError, invalid, notFound } from "@esteira/core/errors";
import type { CredentialSource } from "../registry/credentials.ts";
import type { ApplyOptions, DeploymentStatus, Target } from "../target.ts";
import { changesBetween } from "../wanted.ts";
import { alone } from "./change-lock.ts";
import { containerCalls } from "./container-calls.ts";
import type { Containers, Head } from "./containers.ts";
import type { Engine } from "./engine.ts";
import { frontKeeper } from "./front-keeper.ts";
import { type EngineImage, engineImage, ensureImage } from "./images.ts";
import { dropNetwork, ensureNetwork } from "./network.ts";
import { NotServed } from "./not-served.ts";
import { newestOrder, recordOrder } from "./orders.ts";
import { type DeploymentRecord, deployedNames, dropRecords, keepRecord, newestRecord } from "./record.ts";
import { countedUntilNow, frontOf, logsOf, observationOf, statusOf } from "./report.ts";
import {
  checkName,
  checkSettings,
  DEFAULTS,
  distinct,
  type ImageNames,
  imagesWanted,
  membersOf,
  type Revision,
  type Settings,
} from "./revision.ts";
import { containersOf, raise, serversOf } from "./servers.ts";
import { frontKey } from "./specs.ts";

export interface DockerOptions {
  readonly engine: Engine;
  readonly credentials: CredentialSource;
  /** What is said here holds; of what is not said, what was said before. */
  readonly settings?: Partial<Settings>;
  /** How long a model may take until it answers. */
  readonly readyMs?: number;
  /** How long another change of the same deployment may take until this one gives up. */
  readonly waitMs?: number;
}

const READY_MS = 120_000;
/** Who asks how it is waits so long for a busy machine. */
const ASK_SECONDS = 3;

/** A change under way. */
interface Change {
  readonly name: string;
  readonly record: DeploymentRecord | undefined;
  readonly signal: AbortSignal;
  /** The lock is another's by now. */
  readonly isLost: () => boolean;
}

export function dockerTarget(options: DockerOptions): Target {
  const { engine, credentials, readyMs = READY_MS, waitMs = READY_MS } = options;
  const calls = containerCalls(engine);
  const fronts = frontKeeper(engine, calls);

  const imageIds = async (names: ImageNames, signal: AbortSignal | undefined) => {
    const idOf = async (reference: string) => (await ensureImage(engine, reference, credentials, signal)).id;
    const { canary, shadow } = names;
    const primary = await ensureImage(engine, names.primary, credentials, signal);
    const images = {
      primary: primary.id,
      ...(canary === undefined ? {} : { canary: await idOf(canary) }),
      ...(shadow === undefined ? {} : { shadow: await idOf(shadow) }),
    };
    return { primary, images };
  };
  const settingsAfter = (record: DeploymentRecord | undefined): Settings =>
    checkSettings({ ...DEFAULTS, ...record?.revision.settings, ...options.settings });

  const refuseOld = async (name: string, order: number | undefined): Promise<void> => {
    const newest = await newestOrder(engine, name);
    if ((order ?? newest) >= newest) return;
    throw new EsteiraError(
      "INVALID_STATE",
      `Change ${order} of the deployment ${name} comes after change ${newest}, which is newer: it is not made.`,
    );
  };

  /** What is not of this revision ends; of the former one only where nobody waits to go back to it. */
  const clear = async (name: string, kept: readonly Revision[], head: ReadonlySet<string>): Promise<void> => {
    const { models, routers } = await calls.find(name);
    const keys = new Set(kept.flatMap((revision) => distinct(membersOf(revision))).map(({ key }) => key));
    await Promise.all(routers.filter(({ id }) => !head.has(id)).map(({ id }) => calls.discard(id, 15)));
    await Promise.all(
      models
        .filter(({ id, key, isRunning }) => !head.has(id) && !(isRunning && keys.has(key)))
        .map(({ id }) => calls.discard(id, 30)),
    );
  };

  /** As it was before: requests are led back first. */
  const putBack = async ({ name, record }: Change, found: Containers, made: ReadonlySet<string>): Promise<void> => {
    if (record === undefined) {
      for (const { id } of (await calls.find(name)).fronts) await calls.discard(id, 0);
      for (const id of made) await calls.discard(id, 0);
      await dropRecords(engine, name);
      await dropNetwork(engine, name);
      return;
    }
    const old = serversOf(record.revision, record.generation, found);
    const front = frontOf(await calls.find(name), name);
    const { settings, images } = record.revision;
    const image = await engineImage(engine, images.primary, undefined);
    if (old !== undefined && image !== undefined)
      await fronts.bring(front, { name, port: record.port, settings, image, head: old.head });
    for (const id of made) await calls.discard(id, 0);
    await dropRecords(engine, name, [record.generation]);
  };

  const bringAbout = async (change: Change, revision: Revision, image: EngineImage): Promise<DeploymentStatus> => {
    const { name, record, signal } = change;
    const { wanted, settings } = revision;
    const found = await calls.find(name);
    const isSame = record !== undefined && isDeepStrictEqual(record.revision, revision);
    const generation = isSame ? record.generation : (record?.generation ?? 0) + 1;
    const front = frontOf(found, name);
    for (const other of found.fronts) if (other.id !== front?.id) await calls.discard(other.id, 0);
    const port = wanted.port ?? record?.port ?? front?.port ?? (await freePort());
    const made = new Set<string>();
    let current = record;
    let head: Head;
    await ensureNetwork(engine, name);
    try {
      const present = record && serversOf(record.revision, record.generation, found);
      const raising = { present, calls, found, readyMs, signal, onMade: (id: string) => void made.add(id) };
      const servers = await raise(revision, generation, raising);
      if (!isSame) {
        const former = record === undefined ? {} : { former: record.revision };
        const before = await countedUntilNow(calls, servers, made);
        current = { generation, revision, port, before, ...former };
        signal.throwIfAborted();
        await keepRecord(engine, name, current);
      }
      signal.throwIfAborted();
      const closed = await fronts.bring(front, { name, port, settings, image, head: servers.head });
      if (closed !== undefined) throw new NotServed(closed);
      const spared = settings.standby && current?.former !== undefined ? [revision, current.former] : [revision];
      await clear(name, spared, new Set(containersOf(servers).map(({ id }) => id)));
      head = servers.head;
    } catch (error) {
      if (!change.isLost()) await putBack(change, found, made);
      if (!(error instanceof NotServed)) throw error;
      throw invalid(`The deployment ${name} cannot be changed, and is as it was: ${error.message}.`);
    }
    await dropRecords(engine, name, [generation]);
    return statusOf(calls, name, known(current, name), head);
  };

  const change = (
    name: string,
    image: EngineImage,
    { order, signal }: ApplyOptions,
    choose: (
      record: DeploymentRecord | undefined,
      signal: AbortSignal,
    ) => Promise<{ readonly revision: Revision; readonly image: EngineImage }>,
  ): Promise<DeploymentStatus> =>
    alone({ engine, calls, name, image, waitMs, signal }, async (lock) => {
      await refuseOld(name, order);
      const record = await newestRecord(engine, name);
      const chosen = await choose(record, lock.signal);
      lock.signal.throwIfAborted();
      if (order !== undefined) await recordOrder(engine, name, order);
      return bringAbout({ name, record, ...lock }, chosen.revision, chosen.image);
    });

  const statusNow = async (name: string): Promise<DeploymentStatus | undefined> => {
    const record = await newestRecord(engine, checkName(name));
    return record && statusOf(calls, name, record, { askSeconds: ASK_SECONDS });
  };

  /** The image of any container of it. */
  const imageThere = async ({ models, fronts: all }: Containers): Promise<EngineImage | undefined> => {
    const id = (models[0] ?? all[0])?.id;
    return id === undefined ? undefined : { id: (await calls.inspect(id)).Image, node: await calls.nodeOf(id) };
  };

  return {
    async plan(wanted) {
      imagesWanted(wanted);
      const record = await newestRecord(engine, wanted.name);
      const front = frontOf(await calls.find(wanted.name), wanted.name);
      const settings = settingsAfter(record);
      const old: Settings = record?.revision.settings ?? DEFAULTS;
      const said =
        record === undefined
          ? []
          : Object.entries(settings)
              .filter(
                ([key, value]) => !isDeepStrictEqual(value, Object.entries(old).find(([other]) => other === key)?.[1]),
              )
              .map(([key]) => `change its ${key}`);
      const isMoved = front !== undefined && front.key !== frontKey(settings);
      return [
        ...changesBetween(record?.revision.wanted, wanted),
        ...said,
        ...(isMoved ? ["replace what keeps its port, during which requests are refused for a moment"] : []),
      ];
    },
    async apply(wanted, applying = {}) {
      const names = imagesWanted(wanted);
      await refuseOld(wanted.name, applying.order);
      const { primary, images } = await imageIds(names, applying.signal);
      return change(wanted.name, primary, applying, async (record) => ({
        revision: { wanted, settings: settingsAfter(record), images },
        image: primary,
      }));
    },
    status: (name) => statusNow(name),
    async list() {
      const all = await Promise.all((await deployedNames(engine)).map((name) => statusNow(name)));
      return all.filter((status) => status !== undefined);
    },
    async observe(name) {
      const record = await newestRecord(engine, checkName(name));
      return record && observationOf(calls, name, record);
    },
    async logs(name, lines) {
      return logsOf(calls, name, known(await newestRecord(engine, checkName(name)), name), lines);
    },
    async rollback(name, applying = {}) {
      known(await newestRecord(engine, checkName(name)), name);
      const there = known(await imageThere(await calls.find(name)), name);
      return change(name, there, applying, async (record, signal) => {
        const { former } = known(record, name);
        if (former === undefined) {
          throw new EsteiraError(
            "INVALID_STATE",
            `The deployment ${name} was never changed: there is nothing before it.`,
          );
        }
        // What ran then runs again, wherever its tag leads to now.
        const { primary, canary, shadow } = former.images;
        const kept = await Promise.all(
          [primary, canary, shadow].map((id) => (id === undefined ? true : engineImage(engine, id, signal))),
        );
        const [image] = kept;
        if (typeof image === "object" && kept.every((one) => one !== undefined)) return { revision: former, image };
        const pulled = await imageIds(imagesWanted(former.wanted), signal);
        return { revision: { ...former, images: pulled.images }, image: pulled.primary };
      });
    },
    async remove(name, { order, signal } = {}) {
      checkName(name);
      await refuseOld(name, order);
      const take = async (): Promise<boolean> => {
        await refuseOld(name, order);
        const was = (await newestRecord(engine, name)) !== undefined;
        if (order !== undefined) await recordOrder(engine, name, order);
        const { models, routers, fronts: all } = await calls.find(name);
        for (const { id } of all) await calls.discard(id, 15);
        await Promise.all(routers.map(({ id }) => calls.discard(id, 15)));
        await Promise.all(models.map(({ id }) => calls.discard(id, 30)));
        await dropRecords(engine, name);
        await dropNetwork(engine, name);
        return was || models.length > 0;
      };
      const image = await imageThere(await calls.find(name));
      return image === undefined ? take() : alone({ engine, calls, name, image, waitMs, signal }, take);
    },
  };
}

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
