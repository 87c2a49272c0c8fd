/**
 * Where libxgboost comes from. In this order: `ESTEIRA_XGBOOST_LIB` (a published build, or one of your own whose SHA-256 is
 * in `ESTEIRA_XGBOOST_SHA256`); the cache of earlier installs; a Python `xgboost`
 * of the same version that is already installed; the package index, asked through pip or uv.
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { rm, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { EsteiraError } from "@esteira/core/errors";
import { openXgboost } from "./native.ts";
import { isPinnedLibrary, PINNED_WHEELS, type PinnedWheel, XGBOOST_VERSION } from "./pins.ts";
import { installWheel } from "./wheel.ts";

export type LibrarySource = "environment" | "cache" | "python" | "download";

export interface XgboostLibrary {
  /** Absolute path of the shared library. */
  readonly path: string;
  readonly version: string;
  /** Of the library's file, in hexadecimal. */
  readonly sha256: string;
  readonly source: LibrarySource;
}

export interface LocateOptions {
  /** Default `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Default `${XDG_CACHE_HOME:-~/.cache}/esteira/xgboost/3.2.0`; platforms have folders of their own below it. */
  readonly cacheDir?: string;
  /** One sentence a step, for a person who waits. */
  readonly onProgress?: (message: string) => void;
  /** Stops the programs that were started to find or download it. */
  readonly signal?: AbortSignal;
}

const run = promisify(execFile);
const inFlight = new Map<string, Promise<XgboostLibrary>>();

/**
 * Finds or installs libxgboost 3.2.0. Callers at once, in this process or in others, share one install.
 * @throws EsteiraError INVALID_PARAMETER_VALUE when `ESTEIRA_XGBOOST_LIB` names a file that will not do.
 * @throws EsteiraError INVALID_STATE, with one sentence that says what to do, when no source has it.
 */
export function locateXgboost(options: LocateOptions = {}): Promise<XgboostLibrary> {
  const env = options.env ?? process.env;
  const cacheDir = resolve(options.cacheDir ?? defaultCacheDir(env));
  const key = JSON.stringify([env.ESTEIRA_XGBOOST_LIB, cacheDir, env.VIRTUAL_ENV, env.PATH]);
  const running = inFlight.get(key);
  if (running !== undefined) return running;
  const search = locate(env, cacheDir, options.onProgress ?? (() => {}), options.signal).finally(() =>
    inFlight.delete(key),
  );
  inFlight.set(key, search);
  return search;
}

function defaultCacheDir(env: Readonly<Record<string, string | undefined>>): string {
  const base = env.XDG_CACHE_HOME || join(env.HOME || homedir(), ".cache");
  return join(base, "esteira", "xgboost", XGBOOST_VERSION);
}

async function locate(
  env: Readonly<Record<string, string | undefined>>,
  cacheDir: string,
  progress: (message: string) => void,
  signal: AbortSignal | undefined,
): Promise<XgboostLibrary> {
  if (env.ESTEIRA_XGBOOST_LIB) return fromEnvironment(env.ESTEIRA_XGBOOST_LIB, env.ESTEIRA_XGBOOST_SHA256);

  const platform = `${process.platform}-${process.arch}`;
  const wheel = PINNED_WHEELS[platform];
  const folder = join(cacheDir, platform);
  if (wheel !== undefined) {
    const cached = await fromCache(folder, wheel, progress);
    if (cached !== undefined) return cached;
  }

  progress(`Looking for a Python xgboost ${XGBOOST_VERSION}.`);
  const installed = await fromPython(env, signal);
  if (installed !== undefined) {
    progress(`Using libxgboost ${installed.version} of the Python package at ${installed.path}.`);
    return installed;
  }

  if (wheel === undefined) throw nowhere(`there is no prebuilt package for ${platform}`);
  const failures = await installWheel({ wheel, version: XGBOOST_VERSION, folder, env, progress, signal });
  if (failures.length > 0) throw nowhere(failures.join("; "));
  const library = await fromCache(folder, wheel, progress);
  if (library === undefined) throw nowhere(`the files written to ${folder} cannot be read back`);
  progress(`libxgboost ${library.version} is ready at ${library.path}.`);
  return { ...library, source: "download" };
}

function nowhere(reason: string): EsteiraError {
  return new EsteiraError(
    "INVALID_STATE",
    `libxgboost ${XGBOOST_VERSION} was not found and could not be installed (${reason}): run ` +
      `"pip install xgboost-cpu==${XGBOOST_VERSION}", or set ESTEIRA_XGBOOST_LIB to the path of a libxgboost ${XGBOOST_VERSION}.`,
  );
}

/** A library runs with all that this process may do, so bytes that nobody vouches for are not loaded, not even to ask their version. */
async function fromEnvironment(given: string, vouchedFor: string | undefined): Promise<XgboostLibrary> {
  const path = resolve(given);
  const sha256 = await hashIfFile(path);
  if (sha256 === undefined) {
    throw new EsteiraError(
      "INVALID_PARAMETER_VALUE",
      `ESTEIRA_XGBOOST_LIB names ${path}, which is not a readable file; set it to the path of a libxgboost ${XGBOOST_VERSION}, or unset it.`,
    );
  }
  if (!isPinnedLibrary(sha256) && sha256 !== vouchedFor?.trim().toLowerCase()) {
    throw new EsteiraError(
      "INVALID_PARAMETER_VALUE",
      `ESTEIRA_XGBOOST_LIB names ${path}, whose SHA-256 ${sha256} is none of the published builds of libxgboost ${XGBOOST_VERSION}; name one of those, or, for a build of your own, set ESTEIRA_XGBOOST_SHA256 to that hash.`,
    );
  }
  const version = isPinnedLibrary(sha256) ? XGBOOST_VERSION : openXgboost(path).version;
  if (version !== XGBOOST_VERSION) {
    throw new EsteiraError(
      "INVALID_PARAMETER_VALUE",
      `ESTEIRA_XGBOOST_LIB names ${path}, which is libxgboost ${version}; Esteira needs ${XGBOOST_VERSION}.`,
    );
  }
  return { path, version, sha256, source: "environment" };
}

async function fromCache(
  folder: string,
  wheel: PinnedWheel,
  progress: (message: string) => void,
): Promise<XgboostLibrary | undefined> {
  let sha256: string | undefined;
  for (const [file, pinned] of Object.entries(wheel.files)) {
    const found = await hashIfFile(join(folder, file));
    if (found !== pinned) {
      // The folder appears complete or not at all, so a missing file is damage too.
      if (await isDirectory(folder)) {
        progress(`The cached ${join(folder, file)} is not as it was installed; installing it again.`);
        await rm(folder, { recursive: true, force: true });
      }
      return undefined;
    }
    if (file === wheel.library) sha256 = found;
  }
  if (sha256 === undefined) return undefined;
  return { path: join(folder, wheel.library), version: XGBOOST_VERSION, sha256, source: "cache" };
}

/** Asks for the package's place without importing it: an import takes seconds and needs numpy. */
const WHERE_IS_XGBOOST = `
import importlib.util, os, sys
spec = importlib.util.find_spec("xgboost")
if spec is None or not spec.origin: sys.exit(3)
root = os.path.dirname(spec.origin)
version = open(os.path.join(root, "VERSION")).read().strip()
names = {"win32": "xgboost.dll", "darwin": "libxgboost.dylib"}
path = os.path.join(root, "lib", names.get(sys.platform, "libxgboost.so"))
print(version); print(path)
`;

async function fromPython(
  env: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal | undefined,
): Promise<XgboostLibrary | undefined> {
  const windows = process.platform === "win32";
  const inVenv = env.VIRTUAL_ENV && join(env.VIRTUAL_ENV, windows ? "Scripts/python.exe" : "bin/python");
  for (const python of [inVenv, "python3", "python"]) {
    if (!python) continue;
    try {
      const { stdout } = await run(python, ["-c", WHERE_IS_XGBOOST], {
        env: { ...env },
        timeout: 30_000,
        ...(signal ? { signal } : {}),
      });
      const [version, path] = stdout.split(/\r?\n/);
      if (version !== XGBOOST_VERSION || !path) continue;
      const sha256 = await hashIfFile(path);
      if (sha256 === undefined) continue;
      if (isPinnedLibrary(sha256) || openXgboost(path).version === XGBOOST_VERSION) {
        return { path, version, sha256, source: "python" };
      }
    } catch {
      signal?.throwIfAborted();
      // No such Python, no such package, or a library that does not load here: the next source may have it.
    }
  }
  return undefined;
}

async function hashIfFile(path: string): Promise<string | undefined> {
  try {
    if (!(await stat(path)).isFile()) return undefined;
    const hash = createHash("sha256");
    await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
    return hash.digest("hex");
  } catch {
    return undefined;
  }
}

const isDirectory = async (path: string): Promise<boolean> =>
  (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
