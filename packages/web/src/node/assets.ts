import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { sourceHash } from "./source-hash.ts";

export interface WebAssetsOptions {
  /** Told in one line what takes time, or why there is no UI. */
  readonly onProgress?: (line: string) => void;
}

const BUILT = "dist-web";
/** The folder of the sources and of the built pages: two up from here in a clone, one up in the published bundle. */
const PACKAGE =
  ["..", "../.."]
    .map((up) => fileURLToPath(new URL(up, import.meta.url)))
    .find((folder) => existsSync(join(folder, "src", "main.tsx")) || existsSync(join(folder, BUILT))) ??
  fileURLToPath(new URL("..", import.meta.url));
const SOURCES = ["src", "public", "index.html", "vite.config.ts", "package.json", "../core/src", "../sdk/src"];
const HASH_FILE = "source-hash.txt";

/**
 * The folder of the built UI. A published package ships it. In a clone it is built when it is missing or older than the
 * sources, a few seconds, so that nobody needs a build step; undefined when it can be neither found nor built.
 */
export async function webAssets(options: WebAssetsOptions = {}): Promise<string | undefined> {
  const built = join(PACKAGE, BUILT);
  const isBuilt = existsSync(join(built, "index.html"));
  if (!existsSync(join(PACKAGE, "src", "main.tsx"))) return isBuilt ? built : undefined;

  const hash = sourceHash(SOURCES.map((source) => join(PACKAGE, source)));
  if (isBuilt && (await builtFrom(built)) === hash) return built;

  const vite = findVite();
  if (vite === undefined) {
    options.onProgress?.(
      isBuilt
        ? "The web UI is older than its sources: vite is not installed, so it was not built again."
        : "The web UI is not built and vite is not installed: only the API is served. `npm ci` installs vite.",
    );
    return isBuilt ? built : undefined;
  }
  options.onProgress?.("Building the web UI (once, a few seconds) ...");
  try {
    await buildInto(vite, built, hash);
    return built;
  } catch (error) {
    // A server without pages still serves its API: no reason to refuse to start.
    options.onProgress?.(`The web UI could not be built: ${error instanceof Error ? error.message : String(error)}`);
    return isBuilt ? built : undefined;
  }
}

async function buildInto(vite: string, built: string, hash: string): Promise<void> {
  // Beside its final place, so that the rename stays within one file system; named so that git ignores it.
  const fresh = await mkdtemp(`${built}.`);
  try {
    await build(vite, fresh);
    await writeFile(join(fresh, HASH_FILE), hash);
    await putInPlace(fresh, built);
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
}

/** The command of vite, a tool of a clone: a published package neither needs nor has it. */
function findVite(): string | undefined {
  try {
    return join(dirname(createRequire(import.meta.url).resolve("vite/package.json")), "bin", "vite.js");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "MODULE_NOT_FOUND") return undefined;
    throw error;
  }
}

/**
 * In a process of its own: whatever this one is (a test, say) the pages are built for production, and the builder's
 * memory is given back.
 */
async function build(vite: string, outDir: string): Promise<void> {
  await promisify(execFile)(
    process.execPath,
    [vite, "build", "--mode", "production", "--logLevel", "error", "--outDir", outDir, "--emptyOutDir"],
    { cwd: PACKAGE, env: { ...process.env, NODE_ENV: "production", NODE_OPTIONS: "" } },
  );
}

const builtFrom = (folder: string): Promise<string | undefined> =>
  readFile(join(folder, HASH_FILE), "utf8").catch(() => undefined);

/**
 * Moves a finished build to its place. A folder cannot be replaced in one step, so the old one moves aside first; when
 * another process does the same at the same moment its build, of the same sources, is as good.
 */
async function putInPlace(fresh: string, built: string): Promise<void> {
  const aside = `${fresh}.old`;
  for (let attempt = 0; attempt < 5; attempt++) {
    try {
      await rename(fresh, built);
      return;
    } catch (error) {
      if (!isOccupied(error)) throw error;
      const wanted = await builtFrom(fresh);
      if ((await builtFrom(built)) === wanted) return;
      await rename(built, aside).catch(() => undefined);
      await rm(aside, { recursive: true, force: true });
    }
  }
  throw new Error(`The web UI was built but could not be moved to ${built}: another process holds that folder.`);
}

const isOccupied = (error: unknown): boolean =>
  error instanceof Error && "code" in error && ["ENOTEMPTY", "EEXIST", "EPERM", "EACCES"].includes(String(error.code));
