import { execFile } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { EsteiraError } from "@esteira/core/errors";
import { unzipSync } from "fflate";
import type { PinnedWheel } from "./pins.ts";

export interface InstallOptions {
  readonly wheel: PinnedWheel;
  readonly version: string;
  /** Where the files go; it appears complete or not at all. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly progress: (message: string) => void;
  readonly signal: AbortSignal | undefined;
}

const run = promisify(execFile);

/** Long enough for a slow line: the wheel has about 6 MB. */
const DOWNLOAD_MS = 10 * 60_000;

/** Programs that can fetch a wheel from whatever index the user has configured, likeliest first. */
function fetchers(platform: NodeJS.Platform): (readonly string[])[] {
  const launcher = platform === "win32" ? [["py", "-m", "pip"]] : [];
  return [
    ["python3", "-m", "pip"],
    ["pip"],
    ["pip3"],
    ["python", "-m", "pip"],
    ...launcher,
    ["uv", "tool", "run", "pip"],
  ];
}

/**
 * Downloads the pinned wheel, checks it, and puts its native files into `folder`.
 * @returns why each program failed, when all did; nothing when the files are in place.
 */
export async function installWheel(options: InstallOptions): Promise<string[]> {
  const scratch = await mkdtemp(join(tmpdir(), "esteira-xgboost-"));
  const failures: string[] = [];
  options.progress(`Downloading ${options.wheel.distribution} ${options.version} (once, about 6 MB).`);
  try {
    for (const [attempt, [program = "", ...first]] of fetchers(process.platform).entries()) {
      const name = [program, ...first].join(" ");
      const target = join(scratch, String(attempt));
      const failure = await download(program, first, target, options);
      if (failure === undefined) {
        await unpack(join(target, options.wheel.wheel), options);
        return [];
      }
      if (failure === "not installed") continue;
      failures.push(`${name}: ${failure}`);
      options.progress(`${name} could not download it: ${failure}.`);
    }
    return failures.length > 0 ? failures : ["neither pip nor uv is installed"];
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function download(
  program: string,
  first: readonly string[],
  target: string,
  { wheel, version, env, signal }: InstallOptions,
): Promise<string | undefined> {
  const request = [
    "download",
    `${wheel.distribution}==${version}`,
    "--no-deps",
    "--only-binary=:all:",
    "--dest",
    target,
  ];
  try {
    await run(program, [...first, ...request, "--disable-pip-version-check", "--no-input"], {
      env: { ...env },
      timeout: DOWNLOAD_MS,
      maxBuffer: 16 << 20,
      ...(signal ? { signal } : {}),
    });
  } catch (error) {
    signal?.throwIfAborted();
    return reasonOf(error);
  }
  const files = await readdir(target);
  return files.includes(wheel.wheel)
    ? undefined
    : `the index gave ${files.join(", ") || "nothing"} instead of ${wheel.wheel}`;
}

/** The last line that pip prints as an error is the one that says why. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if ("code" in error && error.code === "ENOENT") return "not installed";
  if ("killed" in error && error.killed === true) return `no answer in ${DOWNLOAD_MS / 60_000} minutes`;
  const stderr = "stderr" in error && typeof error.stderr === "string" ? error.stderr : "";
  const lines = stderr.split(/\r?\n/).filter((line) => line.trim() !== "");
  const line = lines.findLast((text) => text.startsWith("ERROR")) ?? lines.at(-1) ?? error.message.split("\n")[0] ?? "";
  if (/No module named '?pip/.test(line)) return "not installed";
  return line
    .replace(/^ERROR:\s*/, "")
    .trim()
    .replace(/\.$/, "");
}

/** Native files are written beside their final place and moved into it at once, so no reader ever sees half of them. */
async function unpack(path: string, { wheel, folder, progress }: InstallOptions): Promise<void> {
  progress("Checking and unpacking.");
  const archive = await readFile(path);
  expectHash(wheel.wheel, archive, wheel.sha256);
  const contents = unzipSync(archive, { filter: (entry) => Object.hasOwn(wheel.files, entry.name) });
  const staged = `${folder}.${process.pid}.${randomUUID()}`;
  try {
    for (const [file, sha256] of Object.entries(wheel.files)) {
      const bytes = contents[file];
      if (bytes === undefined) throw new EsteiraError("INVALID_STATE", `${wheel.wheel} has no ${file}.`);
      expectHash(file, bytes, sha256);
      const destination = join(staged, file);
      await mkdir(dirname(destination), { recursive: true });
      await writeFile(destination, bytes, { mode: 0o755 });
    }
    await moveInto(staged, folder);
  } finally {
    await rm(staged, { recursive: true, force: true });
  }
}

/** Another process may have finished the same install first; its files passed the same checks, so they stay. */
async function moveInto(staged: string, folder: string): Promise<void> {
  try {
    await rename(staged, folder);
  } catch (error) {
    const there = await stat(folder).catch(() => undefined);
    if (!there?.isDirectory()) throw error;
  }
}

function expectHash(name: string, bytes: Uint8Array, sha256: string): void {
  const found = createHash("sha256").update(bytes).digest("hex");
  if (found === sha256) return;
  throw new EsteiraError(
    "INVALID_STATE",
    `${name} has SHA-256 ${found} where Esteira pins ${sha256}, so it was not installed: check which package index pip uses.`,
  );
}
