import type { Tag } from "@esteira/core/entities/tag";
import { BASE_IMAGE_TAG } from "../backends/backend.ts";

/** Tags of a run that say where it ran, and what they are called in a comparison. */
const TAGS: Readonly<Record<string, string>> = {
  "esteira.node": "node",
  "esteira.python": "python",
  "esteira.os": "os",
  "esteira.lockfile.sha256": "lockfile.sha256",
  "esteira.environment.sha256": "requirements.sha256",
  "mlflow.project.env": "manager",
  [BASE_IMAGE_TAG]: "image.base",
};

/** What says where something came from, or is compared as code: a library out of the cache is the one that was downloaded. */
const ELSEWHERE = /^git\.|\.source$/;

/** What a run has kept of its environment, as texts. */
export interface EnvironmentTexts {
  /** JSON of `captureEnvironment`, and more. */
  readonly environment: string | undefined;
  /** Lines NAME==VERSION. */
  readonly packages: string | undefined;
  /** Of a model, where there is no list of packages. */
  readonly requirements: string | undefined;
}

/** What is known of a run's environment, by name: `node`, `python`, `os`, digests of lockfiles, `package NAME`. */
export function environmentOf(tags: readonly Tag[], texts: EnvironmentTexts): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const [name, value] of flat(parsed(texts.environment))) if (!ELSEWHERE.test(name)) found.set(name, value);
  for (const { key, value } of tags) {
    const name = TAGS[key];
    if (name !== undefined) found.set(name, value);
  }
  for (const line of (texts.packages ?? texts.requirements ?? "").split("\n")) {
    const [, name, version] = /^\s*([\w.@/-]+)\s*(?:\[[^\]]*\])?\s*==\s*([^\s;#]+)/.exec(line) ?? [];
    if (name !== undefined && version !== undefined) {
      const before = found.get(`package ${name}`);
      found.set(`package ${name}`, before === undefined ? version : `${before}, ${version}`);
    }
  }
  return found;
}

function parsed(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The leaves of a JSON value by their paths. */
function flat(value: unknown, path = ""): (readonly [string, string])[] {
  if (value === undefined || value === null) return [];
  if (typeof value !== "object") return path === "" ? [] : [[path, String(value)]];
  return Object.entries(value).flatMap(([key, inner]) => flat(inner, path === "" ? key : `${path}.${key}`));
}
