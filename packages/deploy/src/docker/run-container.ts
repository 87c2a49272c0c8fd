/** A command in a container of its own, to its end. */

import { EsteiraError } from "@esteira/core/errors";
import { z } from "zod";
import { type Engine, EngineError, pieces } from "./engine.ts";

const RUN = "dev.esteira.run";
/** What is asked to end may take so long. */
const GRACE_SECONDS = 10;

export interface ContainerTask {
  readonly image: string;
  /** By the id of its run it is found when whoever started it is gone. */
  readonly runId: string;
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** As `docker run -v` takes them. */
  readonly volumes: readonly string[];
  readonly network: "bridge" | "host" | string;
  /** In bytes. */
  readonly memory?: number | undefined;
  readonly cpus?: number | undefined;
  readonly onOutput: (chunk: Uint8Array, stream: "out" | "err") => void;
}

export interface ContainerEnd {
  readonly code: number;
  readonly isOutOfMemory: boolean;
}

export interface RunningContainer {
  /** Resolves when it has ended, has said all, and is removed. */
  wait(): Promise<ContainerEnd>;
  cancel(): void;
  kill(): void;
}

const createdWire = z.object({ Id: z.string() });
const waitedWire = z.object({ StatusCode: z.int() });
const endedWire = z.object({ State: z.object({ OOMKilled: z.boolean().optional() }) });
const listedWire = z.array(z.object({ Id: z.string() }));

/** @throws EsteiraError when it cannot be started */
export async function runContainer(engine: Engine, task: ContainerTask): Promise<RunningContainer> {
  const { image, runId, command, env, volumes, network, memory, cpus, onOutput } = task;
  const body = {
    Image: image,
    Entrypoint: command,
    Cmd: [],
    Env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
    Labels: { [RUN]: runId },
    ...{ AttachStdout: true, AttachStderr: true },
    StopTimeout: GRACE_SECONDS,
    HostConfig: {
      Binds: volumes,
      NetworkMode: network,
      SecurityOpt: ["no-new-privileges"],
      // What ends of its own accord in it is waited for by somebody.
      Init: true,
      ...(memory === undefined ? {} : { Memory: memory, MemorySwap: memory }),
      ...(cpus === undefined ? {} : { NanoCpus: Math.round(cpus * 1e9) }),
    },
  };
  const create = { method: "POST", path: "/containers/create", body, doing: "make the command's container" } as const;
  const { Id: id } = await engine.call(create, createdWire);
  const tell = (path: string, doing: string, query: Record<string, string> = {}) =>
    engine.tell({ method: "POST", path: `/containers/${id}${path}`, query, doing });
  const attach = {
    method: "POST",
    path: `/containers/${id}/attach`,
    doing: "hand on what the command writes",
  } as const;
  try {
    const output = await engine.connection({ ...attach, query: { stream: "1", stdout: "1", stderr: "1" } });
    const said = (async () => {
      for await (const { stream, bytes } of pieces(output)) onOutput(bytes, stream);
    })().catch(() => {});
    await tell("/start", "start the command");
    return {
      async wait() {
        try {
          const waiting = { method: "POST", path: `/containers/${id}/wait`, doing: "wait for the command" } as const;
          const { StatusCode } = await waited(engine, waiting);
          await said;
          const { State } = await engine.call(
            { method: "GET", path: `/containers/${id}/json`, doing: "say how the command ended" },
            endedWire,
          );
          return { code: StatusCode, isOutOfMemory: State.OOMKilled === true };
        } finally {
          output.destroy();
          await remove(engine, id);
        }
      },
      cancel: () => void tell("/stop", "end the command", { t: String(GRACE_SECONDS) }).catch(() => {}),
      kill: () => void tell("/kill", "kill the command").catch(() => {}),
    };
  } catch (error) {
    await remove(engine, id);
    throw error;
  }
}

/** The engine says nothing while it waits, for as long as the command takes: it is asked again. */
async function waited(
  engine: Engine,
  call: { readonly method: "POST"; readonly path: string; readonly doing: string },
): Promise<z.output<typeof waitedWire>> {
  for (;;) {
    try {
      return await engine.call(call, waitedWire);
    } catch (error) {
      const isSilent = error instanceof EsteiraError && error.message.includes("said nothing");
      if (!isSilent) throw error;
    }
  }
}

async function remove(engine: Engine, id: string): Promise<void> {
  const query = { force: "1", v: "1" };
  const call = { method: "DELETE", path: `/containers/${id}`, query, doing: "remove a container" } as const;
  await engine.tell(call).catch((error: unknown) => {
    if (!(error instanceof EngineError && [404, 409].includes(error.httpStatus))) throw error;
  });
}

/** Ends what still runs for a run. */
export async function removeContainersOf(engine: Engine, runId: string): Promise<void> {
  const query = { all: "1", filters: JSON.stringify({ label: [`${RUN}=${runId}`] }) };
  const call = { method: "GET", path: "/containers/json", query, doing: "list a run's containers" } as const;
  for (const { Id } of await engine.call(call, listedWire)) await remove(engine, Id);
}
