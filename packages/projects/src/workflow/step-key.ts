import { createHash } from "node:crypto";
import { arch, platform } from "node:os";
import { basename } from "node:path";
import type { PreparedEnvironment } from "../environments/environment.ts";
import type { EntryPoint } from "../mlproject/project.ts";
import { dataDigest } from "../run/data-digest.ts";

export interface KeyInput {
  readonly code: string;
  readonly entry: EntryPoint;
  /** As the command gets them: files and folders by their local paths. */
  readonly values: ReadonlyMap<string, string>;
  readonly environment: Pick<PreparedEnvironment, "tags">;
  /** What programs of the machine say of themselves, where the environment is left as it is. */
  readonly programs: string;
}

/** Counts up when the meaning of a key changes. */
const VERSION = 1;

/**
 * The name of what a step does: SHA-256, hexadecimal, of its code, entry point, parameters, environment, and of the contents of
 * what its `path` parameters name. Of a path only the last name counts besides, which may end in a file's type.
 */
export async function stepKey({ code, entry, values, environment, programs }: KeyInput): Promise<string> {
  const parameters: (readonly string[])[] = [];
  for (const { name, type } of entry.parameters) {
    const value = values.get(name) ?? "";
    parameters.push(type === "path" ? [name, basename(value), await dataDigest(value)] : [name, value]);
  }
  const tags = Object.entries(environment.tags).sort(([a], [b]) => (a < b ? -1 : 1));
  const parts = [VERSION, code, entry.name, parameters, tags, programs, platform(), arch()];
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}

/** Why a step can never be taken from the cache; undefined where it can. */
export function neverCached(entry: EntryPoint): string | undefined {
  if (!entry.cached) return "its entry point says cached: false";
  if (entry.steps.length > 0) return "it has steps of its own, which are";
  const uri = entry.parameters.find(({ type }) => type === "uri");
  return uri && `what the uri '${uri.name}' leads to is not known here`;
}
