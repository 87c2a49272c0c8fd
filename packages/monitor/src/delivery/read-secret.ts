import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { invalid } from "@esteira/core/errors";
import type { SecretSource } from "../file/secret.ts";

export interface SecretPlaces {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where relative paths begin: the folder of monitor.yaml. */
  readonly folder: string;
}

/**
 * A secret, read when it is used: one that was changed holds from the next delivery on.
 *
 * @throws EsteiraError INVALID_PARAMETER_VALUE when it is not where the file says, or empty.
 */
export async function readSecret(source: SecretSource, { env, folder }: SecretPlaces): Promise<string> {
  if ("env" in source) {
    const value = env[source.env];
    if (value) return value;
    throw invalid(`The environment variable ${source.env} is not set: the monitor's file wants a secret from it.`);
  }
  const path = resolve(folder, source.file);
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw invalid(`The secret in '${path}' cannot be read (${error.code ?? error.message}).`);
  });
  const value = text.trim();
  if (value === "") throw invalid(`The secret in '${path}' is empty.`);
  return value;
}
