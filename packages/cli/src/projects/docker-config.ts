import { z } from "zod";
import { bytesOf } from "../docker-options.ts";
import { type BackendConfig, parseBackendConfig } from "./backend-config.ts";

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
export interface DockerConfig {
  readonly image?: string | undefined;
  readonly memory?: number | undefined;
  readonly cpus?: number | undefined;
  readonly network?: string | undefined;
}

/** @throws EsteiraError INVALID_PARAMETER_VALUE with the setting that is none. */
export function parseDockerConfig(config: unknown): BackendConfig<DockerConfig> {
  const { own, common } = parseBackendConfig("docker", config, configWire);
  const memory = own.memory === undefined ? undefined : bytesOf(own.memory, "The backend's memory");
  return { own: { ...own, memory }, common };
}
