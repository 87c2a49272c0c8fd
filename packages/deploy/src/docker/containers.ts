/** The containers of a deployment as the engine is told of them, and as it tells of them. */

import { createHash } from "node:crypto";
import { z } from "zod";
import { FRONT_SOURCE, PORT, SLOTS, type Slot } from "./front.ts";
import { type Revision, revisionWire, type Settings } from "./revision.ts";

const LABEL = "dev.esteira.deployment";
const labelsWire = z.object({
  [LABEL]: z.string(),
  "dev.esteira.role": z.enum(["model", "front"]),
  "dev.esteira.slot": z.enum(SLOTS).optional(),
  "dev.esteira.generation": z.coerce.number().optional(),
  "dev.esteira.order": z.coerce.number().optional(),
  "dev.esteira.revision": z.string().optional(),
  "dev.esteira.former": z.string().optional(),
  "dev.esteira.front": z.string().optional(),
  "dev.esteira.port": z.coerce.number().optional(),
});

export const listWire = z.array(
  z.object({
    Id: z.string(),
    Names: z.array(z.string()).nullish(),
    Labels: z.record(z.string(), z.string()).nullish(),
    /** `running`, `exited`, `restarting` ... */
    State: z.string(),
    /** Seconds since 1970. */
    Created: z.number(),
  }),
);

/** Of a deployment, or of all. */
export const filterOf = (name?: string): string =>
  JSON.stringify({ label: [name === undefined ? LABEL : `${LABEL}=${name}`] });

export interface ModelContainer {
  readonly id: string;
  readonly deployment: string;
  readonly name: string;
  readonly isRunning: boolean;
  readonly createdAt: number;
  readonly slot: Slot;
  readonly generation: number;
  readonly order: number;
  readonly revision: Revision;
  readonly former?: Revision;
}

export interface FrontContainer {
  readonly id: string;
  readonly deployment: string;
  readonly name: string;
  readonly isRunning: boolean;
  /** What it is made of. */
  readonly kind: string;
  readonly port: number;
}

/** The containers that are ours; what others have labelled so, and cannot be read, is none. */
export function readContainers(list: z.output<typeof listWire>): {
  readonly models: readonly ModelContainer[];
  readonly fronts: readonly FrontContainer[];
} {
  const models: ModelContainer[] = [];
  const fronts: FrontContainer[] = [];
  for (const { Id: id, Names, Labels, State, Created } of list) {
    const labels = labelsWire.safeParse(Labels).data;
    const name = Names?.[0]?.replace(/^\//, "");
    if (labels === undefined || name === undefined) continue;
    const common = { id, name, deployment: labels[LABEL], isRunning: State === "running" };
    const revision = revisionOf(labels["dev.esteira.revision"]);
    const slot = labels["dev.esteira.slot"];
    if (labels["dev.esteira.role"] === "front") {
      fronts.push({ ...common, kind: labels["dev.esteira.front"] ?? "", port: labels["dev.esteira.port"] ?? 0 });
    } else if (revision !== undefined && slot !== undefined) {
      const former = revisionOf(labels["dev.esteira.former"]);
      models.push({
        ...{ ...common, slot, revision, createdAt: Created * 1000 },
        ...{ generation: labels["dev.esteira.generation"] ?? 1, order: labels["dev.esteira.order"] ?? 0 },
        ...(former === undefined ? {} : { former }),
      });
    }
  }
  return { models, fronts };
}

function revisionOf(text: string | undefined): Revision | undefined {
  try {
    return revisionWire.safeParse(JSON.parse(text ?? "")).data;
  } catch {
    return undefined;
  }
}

export const NAMES = {
  live: (name: string) => `esteira-${name}`,
  next: (name: string) => `esteira-${name}-next`,
  old: (name: string) => `esteira-${name}-old`,
  front: (name: string) => `esteira-${name}-front`,
  network: (name: string) => `esteira-${name}`,
} as const;

/** As little as there is: no root, no capability, nothing to write but a small /tmp, no more processes than it needs. */
const confined = (network: string, { memory, cpus }: { readonly memory: number; readonly cpus: number }) => ({
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

export function modelSpec(model: {
  readonly revision: Revision;
  readonly former: Revision | undefined;
  readonly generation: number;
  readonly order: number;
  readonly slot: Slot;
}): object {
  const { wanted, settings, imageId } = model.revision;
  const network = NAMES.network(wanted.name);
  return {
    Image: imageId,
    Cmd: ["serve"],
    User: USER,
    Env: Object.entries(settings.env).map(([name, value]) => `${name}=${value}`),
    Labels: {
      [LABEL]: wanted.name,
      "dev.esteira.role": "model",
      "dev.esteira.slot": model.slot,
      "dev.esteira.generation": String(model.generation),
      "dev.esteira.order": String(model.order),
      "dev.esteira.revision": JSON.stringify(model.revision),
      ...(model.former === undefined ? {} : { "dev.esteira.former": JSON.stringify(model.former) }),
    },
    StopTimeout: 30,
    HostConfig: confined(network, settings),
    NetworkingConfig: { EndpointsConfig: { [network]: { Aliases: [model.slot] } } },
  };
}

const FRONT_LIMITS = { memory: 256 * 1024 * 1024, cpus: 1 };

/** Equal fronts need not be replaced. */
export const frontKind = ({ address }: Settings): string =>
  createHash("sha256").update(`${address}\n${FRONT_SOURCE}`).digest("hex").slice(0, 12);

export function frontSpec(front: {
  readonly name: string;
  readonly imageId: string;
  /** How Node is started in the image. */
  readonly node: string;
  readonly port: number;
  readonly settings: Settings;
}): object {
  const network = NAMES.network(front.name);
  const key = `${PORT}/tcp`;
  return {
    Image: front.imageId,
    Entrypoint: [front.node, "-e", FRONT_SOURCE],
    Cmd: [],
    User: USER,
    ExposedPorts: { [key]: {} },
    Labels: {
      [LABEL]: front.name,
      "dev.esteira.role": "front",
      "dev.esteira.front": frontKind(front.settings),
      "dev.esteira.port": String(front.port),
    },
    StopTimeout: 15,
    HostConfig: {
      ...confined(network, FRONT_LIMITS),
      RestartPolicy: RESTART,
      PortBindings: { [key]: [{ HostIp: front.settings.address, HostPort: String(front.port) }] },
    },
    NetworkingConfig: { EndpointsConfig: { [network]: { Aliases: ["front"] } } },
  };
}
