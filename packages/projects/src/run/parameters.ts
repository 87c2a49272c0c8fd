import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { invalid, notFound } from "@esteira/core/errors";
import type { EntryPoint } from "../mlproject/project.ts";
import { nearest } from "../nearest.ts";

/** The values of one run. Names are in MLflow's order: those of the entry point, then what goes along besides. */
export interface RunParameters {
  /** As the run logs them: what was given, else the default. */
  readonly logged: ReadonlyMap<string, string>;
  readonly extra: ReadonlyMap<string, string>;
  /** Values of type `path` that are here already, as absolute paths. */
  readonly localPaths: ReadonlyMap<string, string>;
  /** Values of type `path` that must be downloaded first. */
  readonly remotePaths: ReadonlyMap<string, string>;
}

/** What Python's `float` reads. */
const FLOAT =
  /^\s*[-+]?(?:(?:\d+(?:_\d+)*\.?(?:\d+(?:_\d+)*)?|\.\d+(?:_\d+)*)(?:e[-+]?\d+(?:_\d+)*)?|inf(?:inity)?|nan)\s*$/i;
const SCHEME = /^([a-z][a-z0-9+.-]*):/i;
const DOWNLOADS = ["runs", "models", "mlflow-artifacts", "http", "https"];

/**
 * What the entry point gets. A parameter that it does not declare goes along as `--name value`, unless its name is a slip of a
 * declared one.
 *
 * @param cwd what relative paths begin at; a default may also lie in the project's `folder`.
 * @throws EsteiraError INVALID_PARAMETER_VALUE or RESOURCE_DOES_NOT_EXIST before anything has begun.
 */
export function resolveParameters(
  { name: entry, parameters }: EntryPoint,
  given: ReadonlyMap<string, string>,
  { cwd, folder }: { readonly cwd: string; readonly folder: string },
): RunParameters {
  const names = parameters.map(({ name }) => name);
  const extra = new Map([...given].filter(([name]) => !names.includes(name)));
  for (const name of extra.keys()) {
    const meant = nearest(name, names);
    if (meant !== undefined && !given.has(meant))
      throw invalid(`Entry point '${entry}' has no parameter '${name}'; did you mean '${meant}'?`);
  }
  const missing = parameters.filter(({ name, default: value }) => !given.has(name) && value === undefined);
  if (missing.length > 0)
    throw invalid(
      `Entry point '${entry}' needs ${missing.map(({ name }) => `'${name}'`).join(", ")}: give ${missing.length === 1 ? "it as" : "them as"} ${missing.map(({ name }) => `-P ${name}=VALUE`).join(" ")}.`,
    );
  const logged = new Map<string, string>();
  const localPaths = new Map<string, string>();
  const remotePaths = new Map<string, string>();
  for (const parameter of parameters) {
    const { name } = parameter;
    const value = given.get(name) ?? parameter.default ?? "";
    logged.set(name, value);
    if (parameter.type === "uri" && !SCHEME.test(value))
      throw invalid(`Parameter '${name}' is '${value}': expected a URI, such as s3://bucket/key or file:///path.`);
    // A default is the project's own: only what a user gives is held to the type.
    if (parameter.type === "float" && given.has(name) && !FLOAT.test(value))
      throw invalid(`Parameter '${name}' is '${value}': expected a number, as its type 'float' says.`);
    if (parameter.type !== "path") continue;
    const local = localPath(value);
    if (local === undefined) remotePaths.set(name, checkDownload(name, value));
    else localPaths.set(name, existing(name, local, given.has(name) ? [cwd] : [cwd, folder]));
  }
  return { logged, extra, localPaths, remotePaths };
}

function localPath(value: string): string | undefined {
  const scheme = SCHEME.exec(value)?.[1]?.toLowerCase();
  if (scheme === undefined) return value;
  if (scheme !== "file") return undefined;
  try {
    return fileURLToPath(value.replace(/^file:(?!\/\/)/i, "file://"));
  } catch {
    return undefined;
  }
}

function existing(name: string, path: string, bases: readonly string[]): string {
  const found = bases.map((base) => resolve(base, path)).find((candidate) => path !== "" && existsSync(candidate));
  if (found === undefined)
    throw notFound(`Parameter '${name}' is '${path}', and there is no such file or folder in ${bases.join(" or ")}.`);
  return found;
}

function checkDownload(name: string, uri: string): string {
  const scheme = SCHEME.exec(uri)?.[1]?.toLowerCase() ?? "";
  if (DOWNLOADS.includes(scheme)) return uri;
  throw invalid(
    `Parameter '${name}' is '${uri}', which cannot be downloaded from here: a 'path' is a local file or folder, or begins with ${DOWNLOADS.map((known) => `${known}:`).join(", ")}; declare it as 'uri' to hand it on as it is.`,
  );
}
