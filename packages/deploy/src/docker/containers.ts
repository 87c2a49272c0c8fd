/** The containers of a deployment as the engine tells of them, and what all of ours are told. */

import { z } from "zod";

const LABEL = "dev.esteira.deployment";
/**
 * Names of the places for servers of models in a deployment's network. A server keeps its place while it runs; what it is to callers,
 * the deployment's record says.
 */
export const SLOTS = ["blue", "green", "amber", "violet", "teal", "coral"] as const;
/** Of those that split requests; they take turns. */
export const ROUTER_SLOTS = ["router1", "router2"] as const;
export type Slot = (typeof SLOTS)[number];
export type RouterSlot = (typeof ROUTER_SLOTS)[number];
/** Where a front leads requests. */
export type Head = Slot | RouterSlot;

/** Where scorers listen, and routers and fronts in their own containers. */
export const PORT = 8080;

const labelsWire = z.object({
  [LABEL]: z.string(),
  "dev.esteira.role": z.enum(["model", "router", "front", "lock"]),
  "dev.esteira.slot": z.enum([...SLOTS, ...ROUTER_SLOTS]).optional(),
  "dev.esteira.key": z.string().optional(),
  "dev.esteira.port": z.coerce.number().optional(),
});

export const containersWire = z.array(
  z.object({
    Id: z.string(),
    Names: z.array(z.string()).nullish(),
    Labels: z.record(z.string(), z.string()).nullish(),
    /** `created`, `running`, `exited`, `restarting` ... */
    State: z.string(),
    /** Seconds since 1970. */
    Created: z.number(),
  }),
);

/** Of a deployment, or of all. */
export const filterOf = (name?: string): string =>
  JSON.stringify({ label: [name === undefined ? LABEL : `${LABEL}=${name}`] });

interface OwnContainer {
  readonly id: string;
  readonly name: string;
  readonly isRunning: boolean;
  /** What it is made of: containers of equal keys can take each other's place. */
  readonly key: string;
}
export interface ModelContainer extends OwnContainer {
  readonly slot: Slot;
}
export interface RouterContainer extends OwnContainer {
  readonly slot: RouterSlot;
}
export interface FrontContainer extends OwnContainer {
  readonly port: number;
}
export interface LockContainer extends OwnContainer {
  /** Made, and not yet begun. */
  readonly isNew: boolean;
  readonly createdAt: number;
}

export interface Containers {
  readonly models: readonly ModelContainer[];
  readonly routers: readonly RouterContainer[];
  readonly fronts: readonly FrontContainer[];
  readonly locks: readonly LockContainer[];
}

/** The containers that are ours; what others have labelled so, and cannot be read, is none. */
export function readContainers(list: z.output<typeof containersWire>): Containers {
  const models: ModelContainer[] = [];
  const routers: RouterContainer[] = [];
  const fronts: FrontContainer[] = [];
  const locks: LockContainer[] = [];
  for (const { Id: id, Names, Labels, State, Created } of list) {
    const labels = labelsWire.safeParse(Labels).data;
    const name = Names?.[0]?.replace(/^\//, "");
    if (labels === undefined || name === undefined) continue;
    const own = { id, name, isRunning: State === "running", key: labels["dev.esteira.key"] ?? "" };
    const slot = labels["dev.esteira.slot"];
    const role = labels["dev.esteira.role"];
    const [model, router] = [SLOTS.find((one) => one === slot), ROUTER_SLOTS.find((one) => one === slot)];
    if (role === "model" && model !== undefined) models.push({ ...own, slot: model });
    else if (role === "router" && router !== undefined) routers.push({ ...own, slot: router });
    else if (role === "front") fronts.push({ ...own, port: labels["dev.esteira.port"] ?? 0 });
    else if (role === "lock") locks.push({ ...own, isNew: State === "created", createdAt: Created * 1000 });
  }
  return { models, routers, fronts, locks };
}

export const NAMES = {
  at: (name: string, slot: Head) => `esteira-${name}-${slot}`,
  front: (name: string) => `esteira-${name}-front`,
  /** One on another port, until the old one has ended. */
  nextFront: (name: string) => `esteira-${name}-nextfront`,
  lock: (name: string) => `esteira-${name}-lock`,
  network: (name: string) => `esteira-${name}`,
} as const;

export const labelsOf = (
  name: string,
  role: z.output<typeof labelsWire>["dev.esteira.role"],
  key: string,
  more: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> => ({
  [LABEL]: name,
  "dev.esteira.role": role,
  "dev.esteira.key": key,
  ...more,
});

/** As little as there is: no root, no capability, nothing to write but a small /tmp, no more processes than it needs. */
export const confined = (network: string, { memory, cpus }: { readonly memory: number; readonly cpus: number }) => ({
  ReadonlyRootfs: true,
  CapDrop: ["ALL"],
  SecurityOpt: ["no-new-privileges"],
  Tmpfs: { "/tmp": "rw,noexec,nosuid,nodev,size=64m" },
  PidsLimit: 256,
  Memory: memory,
  NanoCpus: Math.round(cpus * 1e9),
  NetworkMode: network,
});
export const USER = "65532:65532";
export const RESTART = { Name: "unless-stopped" };

/** In a deployment's network, under a name that stays. */
export const networkAt = (name: string, alias: string) => ({
  EndpointsConfig: { [NAMES.network(name)]: { Aliases: [alias] } },
});
