import { z } from "zod";
import { bytesOf } from "../docker-options.ts";
import { type BackendConfig, parseBackendConfig } from "./backend-config.ts";

/** What `--backend-config` says of processes of this machine. */
const configWire = z.strictObject({
  /** Of all processes of a command together, as in 512m or 2g. */
  memory: z.string().optional(),
  /** How many of the machine's processors a command may use. */
  cpus: z.int().positive().optional(),
});

export interface LocalConfig {
  /** Bytes. */
  readonly memory?: number | undefined;
  readonly cpus?: number | undefined;
}

/** @throws EsteiraError INVALID_PARAMETER_VALUE with the setting that is none. */
export function parseLocalConfig(config: unknown): BackendConfig<LocalConfig> {
  const { own, common } = parseBackendConfig("local", config, configWire);
  const memory = own.memory === undefined ? undefined : bytesOf(own.memory, "The backend's memory");
  return { own: { ...own, memory }, common };
}
