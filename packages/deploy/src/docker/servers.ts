/** The containers behind a deployment's front: servers of models, and the router between them where there are several. */

import type { Routes } from "@esteira/core/wire/routes";
import { isSplit, routesOf } from "../traffic/routes.ts";
import type { ContainerCalls, ContainerSpec } from "./container-calls.ts";
import {
  type Containers,
  type Head,
  type ModelContainer,
  NAMES,
  PORT,
  ROUTER_SLOTS,
  type RouterContainer,
  SLOTS,
} from "./containers.ts";
import { NotServed } from "./not-served.ts";
import { distinct, type Member, type Members, membersOf, type Revision } from "./revision.ts";
import { modelSpec, routerKey, routerSpec } from "./specs.ts";

/** What serves a revision: a container for each of its models, and a router where there are several. */
export interface Servers {
  readonly primary: ModelContainer;
  readonly models: readonly ModelContainer[];
  readonly router?: RouterContainer;
  /** Where its front leads. */
  readonly head: Head;
}

export const containersOf = ({ models, router }: Servers): readonly (ModelContainer | RouterContainer)[] =>
  router === undefined ? models : [...models, router];

const urlAt = (slot: string): string => `http://${slot}:${PORT}`;

/** Undefined where the server of a model is not among them. */
function routesBetween(
  { wanted }: Revision,
  members: Members,
  generation: number,
  of: (member: Member) => ModelContainer | undefined,
): Routes | undefined {
  const { primary, canary, shadow } = members;
  const at = (member: Member | undefined) => member && of(member)?.slot;
  const slots = { primary: at(primary), canary: at(canary), shadow: at(shadow) };
  if (slots.primary === undefined) return undefined;
  return routesOf(wanted, generation, {
    primary: urlAt(slots.primary),
    canary: slots.canary && urlAt(slots.canary),
    shadow: slots.shadow && urlAt(slots.shadow),
  });
}

/** Those that serve a revision, as far as they are there; undefined when one of them is not. */
export function serversOf(
  revision: Revision,
  generation: number,
  { models, routers }: Containers,
): Servers | undefined {
  const members = membersOf(revision);
  const of = ({ key }: Member) => models.find((model) => model.key === key);
  const all = distinct(members).map(of);
  const found = all.filter((one) => one !== undefined);
  const primary = of(members.primary);
  if (primary === undefined || found.length < all.length) return undefined;
  if (!isSplit(revision.wanted)) return { primary, models: found, head: primary.slot };
  const routes = routesBetween(revision, members, generation, of);
  const key = routes && routerKey(revision.images.primary, routes);
  const router = routers.find((one) => one.key === key);
  return router && { primary, models: found, router, head: router.slot };
}

export interface Raising {
  readonly calls: ContainerCalls;
  readonly found: Containers;
  readonly readyMs: number;
  readonly signal: AbortSignal;
  /** What answers now: it need not be waited for, and the front asks it before it leads there. */
  readonly present: Servers | undefined;
  /** Told of each container that is made, before it starts. */
  readonly onMade: (id: string) => void;
}

/**
 * Sees to it that every server of a revision runs and answers: those that do already stay, whoever started them.
 *
 * @throws NotServed with what a server said that does not answer
 */
export async function raise(revision: Revision, generation: number, raising: Raising): Promise<Servers> {
  const { calls, found, readyMs, signal, present: before } = raising;
  const { wanted, settings, images } = revision;
  const members = membersOf(revision);
  const byKey = new Map<string, ModelContainer>();
  const taken = new Set<string>(found.models.filter(({ isRunning }) => isRunning).map(({ slot }) => slot));
  for (const member of distinct(members)) {
    const present = found.models.find(({ key, isRunning }) => isRunning && key === member.key);
    byKey.set(member.key, present ?? (await make(wanted.name, member, revision, taken, raising)));
  }
  const servers = [...byKey.values()];
  const young = servers.filter(({ id }) => before?.models.some((one) => one.id === id) !== true);
  const problems = await Promise.all(young.map(({ id }) => calls.awaken(id, readyMs, signal)));
  const wrong = problems.findIndex((problem) => problem !== undefined);
  if (wrong >= 0) throw new NotServed(saidOf(young[wrong], problems[wrong] ?? "", members));
  for (const { id } of young) await calls.keep(id);
  const of = ({ key }: Member) => byKey.get(key);
  const primary = of(members.primary);
  const routes = routesBetween(revision, members, generation, of);
  if (primary === undefined || routes === undefined) throw new NotServed("it has no server");
  if (!isSplit(wanted)) return { primary, models: servers, head: primary.slot };
  const key = routerKey(images.primary, routes);
  const present = found.routers.find((one) => one.isRunning && one.key === key);
  const slot =
    present?.slot ??
    ROUTER_SLOTS.find((one) => !found.routers.some((router) => router.isRunning && router.slot === one)) ??
    ROUTER_SLOTS[0];
  const router = present ?? {
    ...{ key, slot, name: NAMES.at(wanted.name, slot), isRunning: true },
    id: await makeAt(
      wanted.name,
      slot,
      routerSpec({ name: wanted.name, imageId: images.primary, routes, slot, settings }),
      raising,
    ),
  };
  const problem = await calls.awaken(router.id, readyMs, signal);
  if (problem !== undefined) throw new NotServed(`what splits its requests: ${problem}`);
  await calls.keep(router.id);
  return { primary, models: servers, router, head: router.slot };
}

async function make(
  name: string,
  member: Member,
  { settings }: Revision,
  taken: Set<string>,
  raising: Raising,
): Promise<ModelContainer> {
  const slot = SLOTS.find((one) => !taken.has(one));
  if (slot === undefined) throw new NotServed(`it has ${SLOTS.length} servers already, which is all that it may have`);
  taken.add(slot);
  const id = await makeAt(name, slot, modelSpec(name, member, settings, slot), raising);
  return { id, slot, key: member.key, name: NAMES.at(name, slot), isRunning: true };
}

/** In the place of one that does not run: its maker was killed, or it has ended for good. */
async function makeAt(
  name: string,
  slot: Head,
  spec: ContainerSpec,
  { calls, found, onMade }: Raising,
): Promise<string> {
  for (const old of [...found.models, ...found.routers]) if (old.slot === slot) await calls.discard(old.id, 0);
  const id = await calls.create(NAMES.at(name, slot), spec);
  onMade(id);
  return id;
}

/** Which of several it is need not be said where there is one. */
function saidOf(server: ModelContainer | undefined, problem: string, members: Members): string {
  const all = distinct(members);
  const model = all.find(({ key }) => key === server?.key)?.model;
  return all.length === 1 ? problem : `${model}: ${problem}`;
}
