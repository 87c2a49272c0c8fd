import { invalid } from "@esteira/core/errors";
import { suggestion } from "@esteira/projects/nearest";
import type { z } from "zod";

/** Settings that every backend has. */
const COMMON = ["timeoutSeconds", "retries"];

export interface BackendConfig<Own> {
  /** What only this backend knows. */
  readonly own: Own;
  readonly common: Readonly<Record<string, unknown>>;
}

/**
 * Reads what `--backend-config` says.
 *
 * @param wire what only this backend knows.
 * @throws EsteiraError INVALID_PARAMETER_VALUE with the setting that is none.
 */
export function parseBackendConfig<Wire extends z.ZodObject>(
  backend: string,
  config: unknown,
  wire: Wire,
): BackendConfig<z.output<Wire>> {
  const keys = Object.keys(wire.shape);
  const known = [...keys, ...COMMON];
  if (typeof config !== "object" || config === null || Array.isArray(config))
    throw invalid(`The backend's configuration is no JSON object: expected ${known.join(", ")}.`);
  const entries = Object.entries(config);
  const strange = entries.find(([key]) => !known.includes(key))?.[0];
  if (strange !== undefined)
    throw invalid(
      `The ${backend} backend has no setting '${strange}' (it has ${known.join(", ")})${suggestion(strange, known) || "."}`,
    );
  const read = wire.safeParse(Object.fromEntries(entries.filter(([key]) => keys.includes(key))));
  if (!read.success) {
    const [issue] = read.error.issues;
    throw invalid(`The backend's ${issue?.path.join(".") || "configuration"}: ${issue?.message ?? "not understood"}.`);
  }
  return { own: read.data, common: Object.fromEntries(entries.filter(([key]) => COMMON.includes(key))) };
}
