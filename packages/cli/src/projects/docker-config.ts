import { invalid } from "@esteira/core/errors";
import { suggestion } from "@esteira/projects/nearest";
import { z } from "zod";
import { bytesOf } from "../docker-options.ts";

/** What `--backend-config` says of containers of this machine's engine. */
const configWire = z.strictObject({
  /** What the project runs in, in place of its `docker_env.image`. */
  image: z.string().min(1).optional(),
  /** At the most, as in 512m or 2g. */
  memory: z.string().optional(),
  cpus: z.number().positive().optional(),
  /** Of the engine; `host` is this machine's own. */
  network: z.string().min(1).optional(),
});
const KEYS = Object.keys(configWire.shape);
const COMMON = ["timeoutSeconds", "retries"];

export interface DockerConfig {
  readonly image?: string | undefined;
  readonly memory?: number | undefined;
  readonly cpus?: number | undefined;
  readonly network?: string | undefined;
}

/**
 * @returns what is of the engine, and what every backend has.
 * @throws EsteiraError INVALID_PARAMETER_VALUE with the setting that is none.
 */
export function parseDockerConfig(config: unknown): {
  readonly own: DockerConfig;
  readonly common: Readonly<Record<string, unknown>>;
} {
  const known = [...KEYS, ...COMMON];
  if (typeof config !== "object" || config === null || Array.isArray(config))
    throw invalid(`The backend's configuration is no JSON object: expected ${known.join(", ")}.`);
  const entries = Object.entries(config);
  const strange = entries.find(([key]) => !known.includes(key))?.[0];
  if (strange !== undefined)
    throw invalid(
      `The docker backend has no setting '${strange}' (it has ${known.join(", ")})${suggestion(strange, known) || "."}`,
    );
  const { data, error } = configWire.safeParse(Object.fromEntries(entries.filter(([key]) => KEYS.includes(key))));
  if (data === undefined) {
    const issue = error.issues[0];
    throw invalid(`The backend's ${issue?.path.join(".") || "configuration"}: ${issue?.message ?? "not understood"}.`);
  }
  const memory = data.memory === undefined ? undefined : bytesOf(data.memory, "The backend's memory");
  return {
    own: { ...data, memory },
    common: Object.fromEntries(entries.filter(([key]) => COMMON.includes(key))),
  };
}
