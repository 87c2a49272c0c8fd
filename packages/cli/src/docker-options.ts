import { hostname } from "node:os";
import { EsteiraError, invalid } from "@esteira/core/errors";
import type { Settings } from "@esteira/deploy/docker/revision";
import type { Target } from "@esteira/deploy/target";
import { type CommandOption, type Terminal, text, texts, type Values } from "./command.ts";
import { type TargetPlace, telling } from "./told-deployments.ts";
import { trackingClient } from "./tracking.ts";

/** How an engine runs a deployment. What is not said stays as it was deployed. */
export const ENGINE_OPTIONS: readonly CommandOption[] = [
  { flags: "--memory <amount>", summary: "what the container gets at the most, as in 512m (default) or 2g" },
  { flags: "--cpus <count>", summary: "processors, as in 0.5 or 2 (default: 1)" },
  { flags: "--bind <address>", summary: "of this machine, where its port is (default: 127.0.0.1)" },
  { flags: "--env <name=value>", summary: "a variable of the scorer; may be repeated", repeats: true },
  {
    flags: "--standby",
    summary: "keep what served before running: the way back is then a switch (--no-standby ends it)",
  },
  { flags: "--no-standby", summary: "end what served before when it is replaced, which is how it is unless said" },
];

const USUAL_ENGINE = "unix:///var/run/docker.sock";
const UNITS: Readonly<Record<string, number>> = { k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

export function engineSettings(values: Values): Partial<Settings> {
  const [memory, cpus, address] = [text(values, "memory"), text(values, "cpus"), text(values, "bind")];
  const env = texts(values, "env").map((item) => {
    const cut = item.indexOf("=");
    if (cut < 1) throw invalid(`--env is '${item}': expected NAME=VALUE.`);
    return [item.slice(0, cut), item.slice(cut + 1)] as const;
  });
  if (cpus !== undefined && !/^\d{1,4}(\.\d{1,3})?$/.test(cpus))
    throw invalid(`--cpus is '${cpus}': expected a number.`);
  return {
    ...(memory === undefined ? {} : { memory: bytesOf(memory, "--memory") }),
    ...(cpus === undefined ? {} : { cpus: Number(cpus) }),
    ...(address === undefined ? {} : { address }),
    ...(env.length === 0 ? {} : { env: Object.fromEntries(env) }),
    ...(typeof values.standby === "boolean" ? { standby: values.standby } : {}),
  };
}

/** @param of what it is the amount of, for a refusal */
export function bytesOf(memory: string, of: string): number {
  const [, count, unit] = /^(\d{1,9}(?:\.\d{1,3})?)([kmg])?(?:i?b)?$/i.exec(memory) ?? [];
  if (count === undefined) throw invalid(`${of} is '${memory}': expected an amount as in 512m or 2g.`);
  return Math.round(Number(count) * (UNITS[unit?.toLowerCase() ?? ""] ?? 1));
}

/** The container engine of this machine as a target. Throws when it does not answer. */
export async function engineTarget(terminal: Terminal, settings: Partial<Settings> = {}): Promise<Target> {
  const [{ openEngine }, { dockerTarget }, { keptCredentials }] = await Promise.all([
    import("@esteira/deploy/docker/engine"),
    import("@esteira/deploy/docker/docker-target"),
    import("@esteira/deploy/registry/credentials"),
  ]);
  const engine = await openEngine(terminal.env);
  return dockerTarget({ engine, credentials: keptCredentials(terminal.env), settings });
}

/** The engine that this user of this machine reaches. */
export async function enginePlace(env: Terminal["env"]): Promise<TargetPlace> {
  const { engineAddress } = await import("@esteira/deploy/docker/engine");
  const address = engineAddress(env);
  return { target: "docker", place: address === USUAL_ENGINE ? hostname() : `${hostname()} ${address}` };
}

/** Does work with the deployments of the container engine of this machine. */
export async function withEngine<T>(
  terminal: Terminal,
  settings: Partial<Settings>,
  work: (target: Target, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const stopped = new AbortController();
  void terminal
    .interrupted()
    .then(() =>
      stopped.abort(new EsteiraError("TEMPORARILY_UNAVAILABLE", "Interrupted: what was deployed is as it was.")),
    );
  const told = telling(await engineTarget(terminal, settings), {
    at: await enginePlace(terminal.env),
    client: () => trackingClient(terminal),
    ...{ env: terminal.env, note: terminal.note },
  });
  return work(told, stopped.signal);
}
