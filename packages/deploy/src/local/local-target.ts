/**
 * Deployments on this machine: a process each, which lives on when whoever started it ends, and is found again. Its models
 * change while it serves, so callers keep their address and lose no request.
 */

import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdir, open, readdir, readFile, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { EsteiraError, invalid, notFound } from "@esteira/core/errors";
import { z } from "zod";
import { observationWire } from "../observation.ts";
import type { ApplyOptions, DeploymentStatus, Target } from "../target.ts";
import { changesBetween, checkWanted, type Wanted } from "../wanted.ts";
import {
  LOG,
  type LocalState,
  ORDERS,
  REPORT,
  type Report,
  readJson,
  reportWire,
  STATE,
  stateWire,
  writeJson,
} from "./folder.ts";
import { locked } from "./lock.ts";
import { endProcesses, isNaming, processesNaming } from "./processes.ts";

export interface LocalOptions {
  /** Where deployments keep what they are; made when it is absent. One a machine and user. */
  readonly root: string;
  /** What starts a serving process, without its arguments: Node and `esteira.mjs`, mostly. */
  readonly command: readonly [string, ...string[]];
  /** Its environment: where the registry is, and who may read it. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** How long models may take until they answer. */
  readonly readyMs?: number;
}

export interface LocalTarget extends Target {
  /** Starts again what has ended by itself; looks every `everyMs`. */
  keep(everyMs: number, note: (line: string) => void): { stop(): Promise<void> };
}

const READY_MS = 120_000;
/** What is under way when a process is told to end may take so long. */
const GRACE_MS = 15_000;
const LOOK_EVERY_MS = 40;
const LOG_LINES = 8;
const OBSERVE_MS = 5000;
const LONGEST_PAUSE_MS = 60_000;
const FIRST_PAUSE_MS = 500;
/** Left behind by `remove`, so that an old deployer does not bring back what its successor has removed. */
const REMOVED = "removed.json";

const removedWire = z.object({ order: z.int() });

export function localTarget(options: LocalOptions): LocalTarget {
  const root = resolve(options.root);
  const readyMs = options.readyMs ?? READY_MS;
  const folderOf = (name: string, ...path: readonly string[]): string => join(root, name, ...path);
  /** Stands on the command line of its process. */
  const markerOf = (name: string, attempt = ""): string => `--deployment=${folderOf(name, attempt)}`;
  const markerOfAll = (name: string): string => `${markerOf(name)}/`;
  const readState = (name: string) => readJson(stateWire, folderOf(name, STATE));
  const reportOf = (name: string, attempt: string) => readJson(reportWire, folderOf(name, attempt, REPORT));

  const lives = async (name: string, attempt: string, report: Report | undefined): Promise<boolean> => {
    const marker = markerOf(name, attempt);
    return report === undefined ? (await processesNaming(marker)).length > 0 : isNaming(report.pid, marker);
  };

  const exclusively = async <T>(name: string, waitMs: number, work: () => Promise<T>): Promise<T> => {
    checkWanted({ name, model: "any" });
    await mkdir(root, { recursive: true, mode: 0o700 });
    return locked(`${folderOf(name)}.lock`, waitMs, work);
  };

  const newestOrder = async (name: string, state: LocalState | undefined): Promise<number> =>
    state?.order ?? (await readJson(removedWire, folderOf(name, REMOVED)))?.order ?? 0;

  const refuseOld = (name: string, newest: number, order: number): void => {
    if (order >= newest) return;
    throw new EsteiraError(
      "INVALID_STATE",
      `Change ${order} of the deployment ${name} comes after change ${newest}, which is newer: it is not made.`,
    );
  };

  const tail = async (name: string, attempt: string, lines: number): Promise<readonly string[]> => {
    const text = await readFile(folderOf(name, attempt, LOG), "utf8").catch(() => "");
    return text
      .trimEnd()
      .split("\n")
      .slice(-lines)
      .filter((line) => line !== "");
  };

  /** Starts a process of a new attempt. What is known of it is on the disk before it begins. */
  const start = async (state: LocalState): Promise<LocalState> => {
    const { name } = state.wanted;
    await endProcesses(markerOfAll(name), GRACE_MS);
    const attempt = randomUUID();
    const next = { ...state, attempt, startedAt: Date.now() };
    await mkdir(folderOf(name, attempt), { recursive: true, mode: 0o700 });
    await writeJson({ generation: state.generation, wanted: state.wanted }, folderOf(name, attempt, ORDERS));
    await writeJson(next, folderOf(name, STATE));
    const log = await open(folderOf(name, attempt, LOG), "a", 0o600);
    try {
      const [program, ...first] = options.command;
      const args = [...first, "models", "serve", "-m", state.wanted.model, "-p", String(next.port ?? 0)];
      const child = spawn(program, [...args, markerOf(name, attempt)], {
        detached: true,
        stdio: ["ignore", log.fd, log.fd],
        env: { ...options.env },
      });
      child.on("error", () => {});
      child.unref();
    } finally {
      await log.close();
    }
    for (const old of await readdir(folderOf(name)))
      if (/^[0-9a-f-]{36}$/.test(old) && old !== attempt && old !== state.attempt)
        await rm(folderOf(name, old), { recursive: true, force: true });
    return next;
  };

  /** Sees to it that a process has these orders. */
  const give = async (state: LocalState, mustMove: boolean): Promise<LocalState> => {
    const { name } = state.wanted;
    const { attempt } = state;
    const isAlive = attempt !== "" && (await lives(name, attempt, await reportOf(name, attempt)));
    if (!isAlive || mustMove) return start(state);
    await writeJson({ generation: state.generation, wanted: state.wanted }, folderOf(name, attempt, ORDERS));
    return state;
  };

  /** Waits until they are followed; answers what is wrong when they cannot be. */
  const settled = async (
    { wanted: { name }, attempt, generation, startedAt }: LocalState,
    signal: AbortSignal | undefined,
  ): Promise<{ readonly report: Report } | { readonly problem: string; readonly isRefused?: boolean }> => {
    for (const deadline = performance.now() + readyMs; performance.now() < deadline; await sleep(LOOK_EVERY_MS)) {
      signal?.throwIfAborted();
      const report = await reportOf(name, attempt);
      if (report?.refused?.generation === generation) return { problem: report.refused.problem, isRefused: true };
      const isAlive = await lives(name, attempt, report);
      if (isAlive && report?.generation === generation) return { report };
      // A process needs a moment until it has its own command line.
      if (!isAlive && Date.now() - startedAt > 1000) {
        const said = (await tail(name, attempt, LOG_LINES)).join("\n");
        return { problem: `the serving process ended${said === "" ? "" : `:\n${said}`}` };
      }
    }
    return { problem: `it did not answer within ${Math.round(readyMs / 1000)} seconds` };
  };

  const forget = async (name: string, order: number): Promise<void> => {
    await endProcesses(markerOfAll(name), GRACE_MS);
    await writeJson({ order }, folderOf(name, REMOVED));
    await rm(folderOf(name, STATE), { force: true });
    for (const entry of await readdir(folderOf(name)))
      if (entry !== REMOVED) await rm(folderOf(name, entry), { recursive: true, force: true });
  };

  const change = (
    name: string,
    { order, signal }: ApplyOptions,
    next: (state: LocalState | undefined) => Wanted,
  ): Promise<DeploymentStatus> =>
    exclusively(name, readyMs, async () => {
      const old = await readState(name);
      const newest = await newestOrder(name, old);
      const own = order ?? newest;
      refuseOld(name, newest, own);
      const wanted = checkWanted(next(old));
      const isSame = old !== undefined && JSON.stringify(old.wanted) === JSON.stringify(wanted);
      const port = wanted.port ?? old?.port;
      // Its deployer has ended before it heard of the refusal, whose reason may be gone: a new generation is tried anew.
      const wasRefused =
        old !== undefined && (await reportOf(name, old.attempt))?.refused?.generation === old.generation;
      const state: LocalState = isSame
        ? { ...old, order: own, generation: old.generation + (wasRefused ? 1 : 0) }
        : {
            ...{ format: 1, wanted, generation: (old?.generation ?? 0) + 1, order: own },
            ...(old === undefined ? {} : { former: old.wanted }),
            ...(port === undefined ? {} : { port }),
            ...{ attempt: old?.attempt ?? "", startedAt: old?.startedAt ?? 0, restarts: 0 },
          };
      await mkdir(folderOf(name), { recursive: true, mode: 0o700 });
      await writeJson(state, folderOf(name, STATE));
      const given = await give(state, old?.port !== undefined && port !== old.port);
      const outcome = await settled(given, signal);
      if ("report" in outcome) {
        await writeJson({ ...given, port: Number(new URL(outcome.report.url).port) }, folderOf(name, STATE));
        return found(await statusOf(name), name);
      }
      if (old === undefined) await forget(name, own);
      else if (!isSame || (outcome.isRefused === true && old.former !== undefined)) {
        const { former, ...same } = old;
        const before = isSame && former !== undefined ? { ...same, wanted: former } : old;
        const back = { ...before, generation: given.generation + 1, order: own, attempt: given.attempt };
        await writeJson(back, folderOf(name, STATE));
        await settled(await give(back, port !== old.port), signal);
      }
      throw invalid(`The deployment ${name} cannot be changed, and is as it was: ${outcome.problem}.`);
    });

  const statusOf = async (name: string): Promise<DeploymentStatus | undefined> => {
    const state = await readState(name);
    if (state === undefined) return undefined;
    const { wanted, former, generation, restarts, attempt, port } = state;
    const report = await reportOf(name, attempt);
    const isAlive = await lives(name, attempt, report);
    const isServing = isAlive && report?.generation === generation;
    return {
      ...{ wanted, generation, restarts },
      state: isServing ? "serving" : isAlive ? "starting" : "failed",
      ...(report === undefined ? (port === undefined ? {} : { url: `http://127.0.0.1:${port}` }) : { url: report.url }),
      ...(isAlive ? {} : { problem: (await tail(name, attempt, LOG_LINES)).join("\n") }),
      ...(former === undefined ? {} : { former }),
    };
  };

  const names = async (): Promise<readonly string[]> => {
    const entries = await readdir(root, { withFileTypes: true }).catch(() => []);
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  };

  /** Starts it again when it has ended, and not too soon after the last time. */
  const revive = async (name: string, note: (line: string) => void): Promise<void> => {
    const state = await readState(name);
    if (state === undefined || (await lives(name, state.attempt, await reportOf(name, state.attempt)))) return;
    const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(state.restarts, 10));
    if (Date.now() - state.startedAt < pause) return;
    await exclusively(name, 0, async () => {
      const now = await readState(name);
      if (now === undefined || now.attempt !== state.attempt || now.generation !== state.generation) return;
      note(`The deployment ${name} has ended by itself and is started again.`);
      await start({ ...now, restarts: now.restarts + 1 });
    });
  };

  return {
    plan: async (wanted) => changesBetween((await readState(checkWanted(wanted).name))?.wanted, wanted),
    apply: (wanted, applying = {}) => change(wanted.name, applying, () => wanted),
    status: statusOf,
    list: async () => (await Promise.all((await names()).map(statusOf))).filter((status) => status !== undefined),
    observe: async (name) => {
      const url = (await statusOf(name))?.url;
      if (url === undefined) return undefined;
      try {
        const answer = await fetch(`${url}/esteira/observation`, { signal: AbortSignal.timeout(OBSERVE_MS) });
        return observationWire.safeParse(await answer.json()).data;
      } catch {
        return undefined;
      }
    },
    logs: async (name, lines) => tail(name, found(await readState(name), name).attempt, lines),
    rollback: (name, applying = {}) =>
      change(name, applying, (state) => {
        const { former } = found(state, name);
        if (former !== undefined) return former;
        throw new EsteiraError(
          "INVALID_STATE",
          `The deployment ${name} was never changed: there is nothing before it.`,
        );
      }),
    remove: (name, { order } = {}) =>
      exclusively(name, readyMs, async () => {
        const state = await readState(name);
        const newest = await newestOrder(name, state);
        refuseOld(name, newest, order ?? newest);
        if (state === undefined) return false;
        await forget(name, order ?? newest);
        return true;
      }),
    keep(everyMs, note) {
      const stopped = new AbortController();
      const look = async (): Promise<void> => {
        while (!stopped.signal.aborted) {
          for (const name of await names()) {
            await revive(name, note).catch((error: unknown) => {
              // Somebody is changing it, who sees to it.
              if (error instanceof EsteiraError && error.code === "TEMPORARILY_UNAVAILABLE") return;
              note(`The deployment ${name}: ${error instanceof Error ? error.message : String(error)}`);
            });
          }
          await sleep(everyMs, undefined, { signal: stopped.signal }).catch(() => {});
        }
      };
      const looking = look();
      return {
        async stop() {
          stopped.abort();
          await looking;
        },
      };
    },
  };
}

function found<T>(value: T | undefined, name: string): T {
  if (value !== undefined) return value;
  throw notFound(`Nothing is deployed here under the name ${name}.`);
}
