/** The identity of a model folder: what it contains, not when or by which run it was written. */

import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { invalid } from "@esteira/core/errors";
import { pythonJson } from "@esteira/core/python-json";
import { parseYaml } from "./yaml.ts";

/** Keys of MLmodel that differ between two writings of the same model. */
const OF_THE_WRITING = new Set([
  "utc_time_created",
  "model_uuid",
  "model_id",
  "run_id",
  "artifact_path",
  "model_size_bytes",
]);

/** Left by a download from a registry (name and version) and by a verification: not the model. */
const NOT_OF_THE_MODEL = new Set(["registered_model_meta", "esteira_parity.json"]);

const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, sorted(item)]),
  );
};

function timelessMlmodel(bytes: Uint8Array): Uint8Array {
  const root = parseYaml(new TextDecoder().decode(bytes), "MLmodel");
  if (typeof root !== "object" || root === null) throw invalid("MLmodel is not valid: it must be a mapping");
  const kept = Object.fromEntries(Object.entries(root).filter(([key]) => !OF_THE_WRITING.has(key)));
  return new TextEncoder().encode(pythonJson(sorted(kept)));
}

async function listFiles(folder: string, prefix = ""): Promise<string[]> {
  const names: string[] = [];
  for (const name of await readdir(join(folder, prefix))) {
    const path = prefix === "" ? name : `${prefix}/${name}`;
    const entry = await lstat(join(folder, path));
    if (entry.isDirectory()) names.push(...(await listFiles(folder, path)));
    else if (entry.isFile()) names.push(path);
    else throw invalid(`The model folder '${folder}' holds '${path}', which is neither a file nor a folder`);
  }
  return names;
}

/** The files of a model, wherever they lie. */
export interface ModelFiles {
  /** How a person finds them. */
  readonly place: string;
  /** Paths of all files, with "/". */
  readonly names: readonly string[];
  read(name: string): Promise<AsyncIterable<Uint8Array>>;
}

/**
 * SHA-256 over names and contents of all files, names sorted, as 64 hex digits. MLmodel counts without its time and
 * ids and in a fixed order of keys, so logging one model twice gives one digest.
 *
 * @throws EsteiraError INVALID_PARAMETER_VALUE where there is no MLmodel.
 */
export async function digestOfFiles({ place, names: all, read }: ModelFiles): Promise<string> {
  const names = all.filter((name) => !NOT_OF_THE_MODEL.has(name));
  if (!names.includes("MLmodel")) throw invalid(`'${place}' is no model folder: it has no file MLmodel`);
  names.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  const whole = createHash("sha256");
  for (const name of names) {
    const content = createHash("sha256");
    const parts = await read(name);
    if (name === "MLmodel") content.update(timelessMlmodel(await bytesOf(parts)));
    else for await (const part of parts) content.update(part);
    whole.update(`${Buffer.byteLength(name)}:${name}:${content.digest("hex")}\n`);
  }
  return whole.digest("hex");
}

async function bytesOf(parts: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = [];
  for await (const part of parts) all.push(part);
  return Buffer.concat(all);
}

/** `digestOfFiles` of a folder. Links are refused. */
export const modelDigest = async (folder: string): Promise<string> =>
  digestOfFiles({
    place: folder,
    names: await listFiles(folder),
    read: async (name) => createReadStream(join(folder, name)),
  });
