import { existsSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { EsteiraError, notFound } from "@esteira/core/errors";
import type { Client } from "@esteira/sdk/client";
import { dataDigest } from "../run/data-digest.ts";
import { download } from "../run/download.ts";
import { sourcePlace } from "../source/find-commit.ts";
import type { RecordedRun } from "./recorded-run.ts";

export interface DataPlaces {
  readonly client: Client;
  /** The project's folder as it was restored, and the root of its repository. */
  readonly folder: string;
  readonly root: string;
  readonly cwd: string;
  /** Where the user says that a parameter's file is now. */
  readonly given: ReadonlyMap<string, string>;
  /** What is downloaded goes here. */
  readonly scratch: string;
  readonly signal: AbortSignal;
}

/**
 * Finds the files that a run has read, each by its digest: where the user says, in the restored code, where it was, from here, or
 * downloaded again.
 *
 * @returns the path of each, by its parameter.
 * @throws EsteiraError RESOURCE_DOES_NOT_EXIST for data that is gone, INVALID_STATE for data that was changed.
 */
export async function findData(recorded: RecordedRun, places: DataPlaces): Promise<ReadonlyMap<string, string>> {
  const unknown = [...places.given.keys()].find((name) => !recorded.data.has(name));
  if (unknown !== undefined)
    throw notFound(
      `--data ${unknown}: the run has read no data by that name (it has ${[...recorded.data.keys()].join(", ") || "none with a digest"}).`,
    );
  const found = new Map<string, string>();
  for (const [name, { sha256, path }] of recorded.data) {
    const value = recorded.params.get(name);
    if (value === undefined) continue;
    found.set(name, await findOne(name, value, sha256, path, recorded, places));
  }
  return found;
}

async function findOne(
  name: string,
  value: string,
  sha256: string,
  path: string | undefined,
  recorded: RecordedRun,
  places: DataPlaces,
): Promise<string> {
  const seen: string[] = [];
  const looked = await candidates(name, value, path, recorded, places);
  for (const candidate of looked) {
    if (!existsSync(candidate)) continue;
    const digest = await dataDigest(candidate);
    if (digest === sha256) return candidate;
    seen.push(`${candidate} has the digest ${digest}`);
  }
  if (seen.length > 0)
    throw new EsteiraError(
      "INVALID_STATE",
      `The data '${name}' was changed: ${seen.join(", ")}, and the run has read ${sha256}. Restore the file, or say with --data ${name}=PATH where it is.`,
    );
  throw notFound(
    `The data '${name}' is gone: it is not at ${looked.join(" or ")}. Say with --data ${name}=PATH where a file of the digest ${sha256} is.`,
  );
}

async function candidates(
  name: string,
  value: string,
  path: string | undefined,
  { source }: RecordedRun,
  { client, folder, root, cwd, given, scratch, signal }: DataPlaces,
): Promise<readonly string[]> {
  const asked = given.get(name);
  if (asked !== undefined) return [resolve(cwd, asked)];
  if (path === undefined && /^[a-z][a-z0-9+.-]*:/i.test(value) && !/^file:/i.test(value))
    return [await download(client, value, join(scratch, name), signal)];
  const repository = sourcePlace(source).folder;
  const inside = path === undefined || repository === undefined ? ".." : relative(repository, path);
  return [
    // What was in the work tree is in the restored code, if git had it; and else only where it was.
    ...(inside.startsWith("..") ? [] : [resolve(root, inside)]),
    ...(path === undefined ? [resolve(folder, value), resolve(cwd, value)] : [path]),
  ];
}
