import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DockerOptions, dockerTarget } from "@esteira/deploy/docker/docker-target";
import { type Engine, openEngine } from "@esteira/deploy/docker/engine";
import type { Target } from "@esteira/deploy/target";
import type { Wanted } from "@esteira/deploy/wanted";
import { writeModelFolder } from "@esteira/models/format/model-folder";
import { columnsOf } from "@esteira/models/format/signature";
import { z } from "zod";
import { modelBytes } from "../../packages/models/src/engines/trees/fixtures/fixture.ts";
import { runEsteira } from "../default/run-esteira.testing.ts";
import { startRegistry, type TestRegistry } from "./docker-registry.ts";
import { startEngine } from "./dockerd.ts";

const FEATURES = ["a", "b", "c", "d", "e", "f"];
export const BODY = JSON.stringify({ dataframe_split: { columns: FEATURES, data: [[1, 2, 3, 4, 5, 6]] } });
const MODELS = ["dart", "forest"] as const;

/** An engine with nothing in it, and a registry with the images of two models. */
export interface DockerWorld {
  readonly root: string;
  readonly registry: TestRegistry;
  readonly engine: Engine;
  /** For `DOCKER_HOST`. */
  readonly host: string;
  target(more?: Partial<DockerOptions>): Target;
  image(model: string): string;
  wanted(name: string, model: string, more?: Partial<Wanted>): Wanted;
  /** Names of the containers and networks that are there. */
  leftovers(): Promise<string[]>;
  /** Names of the volumes. */
  volumes(): Promise<string[]>;
  /** Removes what is deployed. */
  clear(): Promise<void>;
  stop(): Promise<void>;
}

const namesWire = z.array(z.object({ Names: z.array(z.string()) }));
const networksWire = z.array(z.object({ Name: z.string() }));
const volumesWire = z.object({ Volumes: z.array(z.object({ Name: z.string() })).nullish() });

export async function startDockerWorld(): Promise<DockerWorld> {
  const root = await mkdtemp(join(tmpdir(), "esteira-docker-target-"));
  const registry = await startRegistry();
  const images = new Map<string, string>();
  for (const name of MODELS) {
    const folder = join(root, name);
    await writeModelFolder(folder, {
      ubj: modelBytes(`${name}.ubj`),
      createdAt: 0,
      modelUuid: "0".repeat(32),
      signature: { inputs: columnsOf(FEATURES, "double") },
      inputExample: { columns: FEATURES, data: [[1, 2, 3, 4, 5, 6]] },
    });
    const reference = `${registry.host}/fraud/${name}:1`;
    const args = ["build", "-m", folder, "-t", reference, "-o", `${name}-image`];
    const built = await runEsteira(root, args, { HOME: root });
    if (built.code !== 0) throw new Error(built.stderr);
    const pushed = await runEsteira(root, ["image", "push", `${name}-image`, reference], { HOME: root });
    images.set(name, pushed.stdout.trim());
  }
  const docker = await startEngine();
  const engine = await openEngine({ DOCKER_HOST: docker.host });
  const world: DockerWorld = {
    ...{ root, registry, engine, host: docker.host },
    target: (more = {}) => dockerTarget({ engine, credentials: async () => undefined, readyMs: 60_000, ...more }),
    image: (model) => images.get(model) ?? "",
    wanted: (name, model, more = {}) => ({ name, model: `models:/${model}/1`, image: world.image(model), ...more }),
    async leftovers() {
      const call = { method: "GET", path: "/containers/json", query: { all: "1" }, doing: "list" } as const;
      const networks = await engine.call({ method: "GET", path: "/networks", doing: "list" }, networksWire);
      return [
        ...(await engine.call(call, namesWire)).flatMap(({ Names }) => Names),
        ...networks.map(({ Name }) => Name).filter((name) => name.startsWith("esteira")),
      ];
    },
    async volumes() {
      const { Volumes } = await engine.call({ method: "GET", path: "/volumes", doing: "list" }, volumesWire);
      return (Volumes ?? []).map(({ Name }) => Name);
    },
    async clear() {
      for (const status of await world.target().list()) await world.target().remove(status.wanted.name);
    },
    async stop() {
      await docker.stop();
      await registry.stop();
      await rm(root, { recursive: true, force: true });
    },
  };
  return world;
}
