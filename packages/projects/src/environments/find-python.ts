import { execFile } from "node:child_process";
import { readdir } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { notFound } from "@esteira/core/errors";

const run = promisify(execFile);

export interface Python {
  readonly program: string;
  /** All of it: "3.11.7". */
  readonly version: string;
}

/**
 * A Python of this version, or any when undefined: of pyenv's the newest that fits, else the one in `PATH`.
 *
 * @throws EsteiraError RESOURCE_DOES_NOT_EXIST when there is none.
 */
export async function findPython(
  wanted: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Python> {
  const [major, minor] = wanted?.split(".") ?? [];
  const named = minor === undefined ? [] : [`python${major}.${minor}`];
  const candidates = [...(wanted === undefined ? [] : await ofPyenv(wanted, env)), ...named, "python3", "python"];
  for (const program of candidates) {
    const version = await versionOf(program, env);
    if (version !== undefined && (wanted === undefined || fits(version, wanted))) return { program, version };
  }
  throw notFound(
    wanted === undefined
      ? "There is no python3 in PATH, and the project needs one: install Python, or use --env-manager uv."
      : `There is no Python ${wanted} here, which the project asks for: install it (pyenv install ${wanted}), or use --env-manager uv, which fetches it.`,
  );
}

const fits = (version: string, wanted: string): boolean => version === wanted || version.startsWith(`${wanted}.`);

async function ofPyenv(wanted: string, env: Readonly<Record<string, string | undefined>>): Promise<string[]> {
  const versions = join(env.PYENV_ROOT ?? join(env.HOME ?? homedir(), ".pyenv"), "versions");
  const found = await readdir(versions).catch(() => []);
  return found
    .filter((version) => fits(version, wanted))
    .sort((a, b) => b.localeCompare(a, "en", { numeric: true }))
    .map((version) => join(versions, version, "bin", "python"));
}

async function versionOf(
  program: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<string | undefined> {
  try {
    const { stdout } = await run(program, ["-c", "import platform; print(platform.python_version())"], {
      env: { ...env },
    });
    return stdout.trim();
  } catch {
    return undefined;
  }
}
