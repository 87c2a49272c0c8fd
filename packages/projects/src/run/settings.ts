import { invalid } from "@esteira/core/errors";
import { suggestion } from "../nearest.ts";

/** How a backend runs a task: `--backend-config`. */
export interface BackendSettings {
  /** How long one attempt may take; without it, as long as it likes. */
  readonly timeoutSeconds: number | undefined;
  /** How often a command that ends with an error is started again. */
  readonly retries: number;
}

const KEYS = ["timeoutSeconds", "retries"];

/**
 * @param config JSON's value, without what only this backend knows.
 * @throws EsteiraError INVALID_PARAMETER_VALUE with the setting that is none.
 */
export function parseBackendSettings(config: unknown, backend = "local"): BackendSettings {
  if (typeof config !== "object" || config === null || Array.isArray(config))
    throw invalid(`The backend's configuration is no JSON object: expected ${KEYS.join(", ")}.`);
  const settings = new Map<string, unknown>(Object.entries(config));
  for (const key of settings.keys()) {
    if (!KEYS.includes(key))
      throw invalid(
        `The ${backend} backend has no setting '${key}' (it has ${KEYS.join(", ")})${suggestion(key, KEYS) || "."}`,
      );
  }
  const timeout = settings.get("timeoutSeconds");
  const retries = settings.get("retries") ?? 0;
  if (timeout !== undefined && !(typeof timeout === "number" && timeout > 0 && timeout <= MAX_SECONDS))
    throw invalid(
      `timeoutSeconds is ${JSON.stringify(timeout)}: expected a number of seconds, at most ${MAX_SECONDS}.`,
    );
  if (typeof retries !== "number" || !Number.isInteger(retries) || retries < 0 || retries > 100)
    throw invalid(`retries is ${JSON.stringify(retries)}: expected a whole number from 0 to 100.`);
  return { timeoutSeconds: timeout, retries };
}

/** What a timer of Node can wait. */
const MAX_SECONDS = 2_147_483;
