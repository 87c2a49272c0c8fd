import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { EsteiraError } from "@esteira/core/errors";
import { sourceHash } from "@esteira/web/node/source-hash";
import { z } from "zod";
import { cacheFolder } from "../cache-folder.ts";
import type { Terminal } from "../command.ts";

/** What scores in an image, as files that need nothing else. */
export interface ScorerBundle {
  readonly folder: string;
  /** The npm packages of which it holds a part. */
  readonly packages: readonly BundledPackage[];
}

const packagesWire = z.array(z.object({ name: z.string(), version: z.string(), license: z.string().optional() }));
export type BundledPackage = z.output<typeof packagesWire>[number];

const BUNDLED = "dist-scorer";
/** This package: two up from here in a clone, one up in the published bundle. */
const PACKAGE =
  ["..", "../.."]
    .map((up) => fileURLToPath(new URL(up, import.meta.url)))
    .find((folder) => existsSync(join(folder, BUNDLED)) || existsSync(join(folder, "pack"))) ?? "";
const BUILDER = join(PACKAGE, "pack", "scorer.ts");
const ROOT = join(PACKAGE, "..", "..");
const SOURCES = [
  ...["cli", "core", "models", "sdk"].map((name) => `packages/${name}/src`),
  "packages/cli/pack",
  "package-lock.json",
];

/** A published package has it. In a clone it is made when the sources are others than last time, in a second. */
export async function scorerBundle(env: Terminal["env"], note: (line: string) => void): Promise<ScorerBundle> {
  const folder = existsSync(BUILDER) ? await builtBundle(env, note) : join(PACKAGE, BUNDLED);
  return { folder, packages: packagesWire.parse(JSON.parse(await readFile(join(folder, "packages.json"), "utf8"))) };
}

async function builtBundle(env: Terminal["env"], note: (line: string) => void): Promise<string> {
  const cache = cacheFolder(env, "scorer");
  const folder = join(cache, sourceHash(SOURCES.map((source) => join(ROOT, source))).slice(0, 32));
  if (existsSync(join(folder, "packages.json"))) return folder;
  note("Bundling what scores in the image ...");
  await mkdir(cache, { recursive: true });
  const fresh = await mkdtemp(join(cache, ".incoming-"));
  try {
    await promisify(execFile)(
      process.execPath,
      ["--conditions=@esteira/source", "--import", "tsx", BUILDER, "--out", fresh],
      { cwd: ROOT, env: { ...process.env, NODE_OPTIONS: "" } },
    );
    // Another process may have been faster, with the very same.
    await rename(fresh, folder).catch((error: unknown) => {
      if (!existsSync(folder)) throw error;
    });
    return folder;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new EsteiraError("INVALID_STATE", `What scores in an image could not be bundled: ${why}. Run npm ci first.`);
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
}
