/** What is done with containers of an engine, whosever they are. */

import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { type Containers, containersWire, filterOf, RESTART, readContainers } from "./containers.ts";
import { type Engine, EngineError, execute, written } from "./engine.ts";
import { readyScript } from "./front.ts";

export interface ContainerCalls {
  find(name: string): Promise<Containers>;
  create(name: string, spec: ContainerSpec): Promise<string>;
  start(id: string, doing: string): Promise<void>;
  rename(id: string, to: string): Promise<void>;
  /** Gives it so many seconds to end by itself. */
  discard(id: string, graceSeconds: number): Promise<void>;
  inspect(id: string): Promise<Inspected>;
  /** How Node is started in it. */
  nodeOf(id: string): Promise<string>;
  /** Lets the engine start it again when it ends. */
  keep(id: string): Promise<void>;
  logs(id: string, lines: number): Promise<readonly string[]>;
  /** Starts what answers /ping, where it does not run yet, and waits for it; what is wrong when it does not answer. */
  awaken(id: string, readyMs: number, signal: AbortSignal | undefined): Promise<string | undefined>;
  /** What a script for Node in a container writes; undefined where it cannot be run there, or fails. */
  said(id: string, script: string, doing: string): Promise<string | undefined>;
}

/** As the engine takes it. */
export interface ContainerSpec {
  readonly HostConfig: object;
  readonly [field: string]: unknown;
}

const inspectWire = z.object({
  Image: z.string(),
  RestartCount: z.int().optional(),
  State: z.object({ Running: z.boolean(), ExitCode: z.int().optional() }),
  Config: z.object({ Entrypoint: z.array(z.string()).nullish() }),
});
export type Inspected = z.output<typeof inspectWire>;

const versionWire = z.object({
  Components: z.array(z.object({ Name: z.string(), Version: z.string() })).nullish(),
});

/** Podman cannot change before its version 5 what is to happen when a container ends: there that is said when it is made. */
async function cannotKeepLater(engine: Engine): Promise<boolean> {
  const call = { method: "GET", path: "/version", doing: "say what it is" } as const;
  const { Components } = await engine.call(call, versionWire);
  const podman = Components?.find(({ Name }) => Name === "Podman Engine");
  return podman !== undefined && Number.parseInt(podman.Version, 10) < 5;
}

const createdWire = z.object({ Id: z.string() });
const LOG_LINES = 8;
const ENDING_LOOKS = 30;

export function containerCalls(engine: Engine): ContainerCalls {
  const tell = (path: string, doing: string, body?: object, query?: Record<string, string>): Promise<void> =>
    engine.tell({ method: "POST", path, doing, ...(body === undefined ? {} : { body }), ...(query && { query }) });
  let known: Promise<boolean> | undefined;
  const isKeptFromStart = (): Promise<boolean> => {
    known ??= cannotKeepLater(engine);
    return known;
  };
  const calls: ContainerCalls = {
    async find(name) {
      const query = { all: "1", filters: filterOf(name) };
      const call = { method: "GET", path: "/containers/json", query, doing: "list its containers" } as const;
      return readContainers(await engine.call(call, containersWire));
    },
    async create(name, spec) {
      const HostConfig = (await isKeptFromStart()) ? { RestartPolicy: RESTART, ...spec.HostConfig } : spec.HostConfig;
      const body = { ...spec, HostConfig };
      const call = { method: "POST", path: "/containers/create", query: { name }, body } as const;
      return (await engine.call({ ...call, doing: `make the container ${name}` }, createdWire)).Id;
    },
    start: (id, doing) => tell(`/containers/${id}/start`, doing),
    rename: (id, to) => tell(`/containers/${id}/rename`, `call a container ${to}`, undefined, { name: to }),
    async discard(id, graceSeconds) {
      const gone = (error: unknown) => {
        if (!(error instanceof EngineError && [404, 409].includes(error.httpStatus))) throw error;
      };
      const query = { t: String(graceSeconds) };
      if (graceSeconds > 0) await tell(`/containers/${id}/stop`, "end a container", undefined, query).catch(gone);
      const removing = { method: "DELETE", path: `/containers/${id}`, query: { force: "1", v: "1" } } as const;
      await engine.tell({ ...removing, doing: "remove a container" }).catch(gone);
    },
    inspect: (id) =>
      engine.call({ method: "GET", path: `/containers/${id}/json`, doing: "say how a container is" }, inspectWire),
    nodeOf: async (id) => (await calls.inspect(id)).Config.Entrypoint?.[0] ?? "node",
    async keep(id) {
      if (await isKeptFromStart()) return;
      await tell(`/containers/${id}/update`, "have the container started again when it ends", {
        RestartPolicy: RESTART,
      });
    },
    async logs(id, lines) {
      const query = { stdout: "1", stderr: "1", tail: String(lines) };
      const call = { method: "GET", path: `/containers/${id}/logs`, query } as const;
      const text = await written(await engine.stream({ ...call, doing: "give what a container wrote" }));
      return text.split("\n").filter((line) => line !== "");
    },
    async awaken(id, readyMs, signal) {
      // One that runs already stays as it is.
      await tell(`/containers/${id}/start`, "start the container");
      const command = [await calls.nodeOf(id), "-e", readyScript(readyMs / 1000)];
      const outcome = await execute(engine, id, command, "wait for the model", signal).catch((error: unknown) => {
        signal?.throwIfAborted();
        if (error instanceof EngineError) return { code: 1 };
        throw error;
      });
      if (outcome.code === 0) return undefined;
      // What ran in it ends a moment before the engine knows that it has ended.
      let { State, RestartCount = 0 } = await calls.inspect(id);
      for (let looks = 0; State.Running && RestartCount === 0 && looks < ENDING_LOOKS; looks++) {
        await sleep(100);
        ({ State, RestartCount = 0 } = await calls.inspect(id));
      }
      const said = (await calls.logs(id, LOG_LINES)).join("\n").replace(/\.$/, "");
      const silent = `it did not answer within ${Math.round(readyMs / 1000)} seconds`;
      const why = !State.Running
        ? `its container ended with code ${State.ExitCode}`
        : RestartCount === 0
          ? silent
          : "its container ends whenever it is started";
      return `${why}${said === "" ? "" : `:\n${said}`}`;
    },
    async said(id, script, doing) {
      const outcome = await execute(engine, id, [await calls.nodeOf(id), "-e", script], doing).catch(() => undefined);
      return outcome?.code === 0 ? outcome.said : undefined;
    },
  };
  return calls;
}
