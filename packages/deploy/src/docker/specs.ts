/** The containers of a deployment as the engine is told of them. */

import { createHash } from "node:crypto";
import type { Routes } from "@esteira/core/wire/routes";
import type { ContainerSpec } from "./container-calls.ts";
import { confined, labelsOf, NAMES, networkAt, PORT, RESTART, type RouterSlot, type Slot, USER } from "./containers.ts";
import { FRONT_SOURCE } from "./front.ts";
import type { Member, Settings } from "./revision.ts";

const variables = (env: Readonly<Record<string, string>>): readonly string[] =>
  Object.entries(env).map(([name, value]) => `${name}=${value}`);
const digest = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 12);

/** Not started again by itself before it has answered. */
export function modelSpec(name: string, member: Member, settings: Settings, slot: Slot): ContainerSpec {
  return {
    Image: member.imageId,
    Cmd: ["serve"],
    User: USER,
    Env: variables(settings.env),
    Labels: labelsOf(name, "model", member.key, { "dev.esteira.slot": slot, "dev.esteira.model": member.model }),
    StopTimeout: 30,
    HostConfig: confined(NAMES.network(name), settings),
    NetworkingConfig: networkAt(name, slot),
  };
}

const SMALL_MEMORY = 256 * 1024 * 1024;

/** Other routes are another router: what it does never changes while it runs. */
export const routerKey = (imageId: string, routes: Routes): string => digest(JSON.stringify([imageId, routes]));

export function routerSpec(router: {
  readonly name: string;
  readonly imageId: string;
  readonly routes: Routes;
  readonly slot: RouterSlot;
  readonly settings: Settings;
}): ContainerSpec {
  const { name, imageId, routes, slot, settings } = router;
  return {
    Image: imageId,
    Cmd: ["route"],
    User: USER,
    Env: variables({ ESTEIRA_ROUTES: JSON.stringify(routes) }),
    Labels: labelsOf(name, "router", routerKey(imageId, routes), { "dev.esteira.slot": slot }),
    StopTimeout: 15,
    HostConfig: confined(NAMES.network(name), { memory: SMALL_MEMORY, cpus: Math.max(1, settings.cpus) }),
    NetworkingConfig: networkAt(name, slot),
  };
}

/** Equal fronts need not be replaced. */
export const frontKey = ({ address }: Settings): string => digest(`${address}\n${FRONT_SOURCE}`);

export function frontSpec(front: {
  readonly name: string;
  readonly imageId: string;
  /** How Node is started in the image. */
  readonly node: string;
  readonly port: number;
  readonly settings: Settings;
}): ContainerSpec {
  const { name, imageId, node, port, settings } = front;
  const key = `${PORT}/tcp`;
  return {
    Image: imageId,
    Entrypoint: [node, "-e", FRONT_SOURCE],
    Cmd: [],
    User: USER,
    // It looks for all of its places at once when it starts, and names that are not there may take long.
    Env: variables({ UV_THREADPOOL_SIZE: "16" }),
    ExposedPorts: { [key]: {} },
    Labels: labelsOf(name, "front", frontKey(settings), { "dev.esteira.port": String(port) }),
    StopTimeout: 15,
    HostConfig: {
      ...confined(NAMES.network(name), { memory: SMALL_MEMORY, cpus: 1 }),
      RestartPolicy: RESTART,
      PortBindings: { [key]: [{ HostIp: settings.address, HostPort: String(port) }] },
    },
    NetworkingConfig: networkAt(name, "front"),
  };
}

const LOCK_SOURCE = `
for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => process.exit(0));
process.stdin.on("error", () => process.exit(0)).on("end", () => process.exit(0)).resume();
`;

/** Lives as long as somebody holds its standard input. */
export const lockSpec = (name: string, imageId: string, node: string): ContainerSpec => ({
  Image: imageId,
  Entrypoint: [node, "-e", LOCK_SOURCE],
  Cmd: [],
  User: USER,
  ...{ AttachStdin: true, OpenStdin: true, StdinOnce: true },
  Labels: labelsOf(name, "lock", ""),
  StopTimeout: 1,
  HostConfig: {
    ...confined("none", { memory: SMALL_MEMORY / 2, cpus: 1 }),
    RestartPolicy: { Name: "no" },
    AutoRemove: true,
  },
});
