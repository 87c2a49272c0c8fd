import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { EsteiraError } from "@esteira/core/errors";

const run = promisify(execFile);

/**
 * What a git command prints, without the last line's end.
 *
 * @throws EsteiraError INVALID_STATE with git's own last words, or when there is no git.
 */
export const git = (cwd: string, ...args: readonly string[]): Promise<string> => runGit(args, { cwd });

/** As `git`, with these variables. */
export const gitWith = (env: NodeJS.ProcessEnv, cwd: string, ...args: readonly string[]): Promise<string> =>
  runGit(args, { cwd, env });

/**
 * As `git`, for what may take long: the signal ends it. It stays in this process's group, for it may ask for a password at the terminal.
 *
 * @throws the signal's reason too.
 */
export async function gitUntil(
  signal: AbortSignal | undefined,
  cwd: string,
  ...args: readonly string[]
): Promise<string> {
  try {
    return await runGit(args, { cwd, signal });
  } finally {
    signal?.throwIfAborted();
  }
}

async function runGit(
  args: readonly string[],
  options: { readonly cwd: string; readonly env?: NodeJS.ProcessEnv; readonly signal?: AbortSignal | undefined },
): Promise<string> {
  try {
    return (await run("git", [...args], { ...options, maxBuffer: 64 * 2 ** 20 })).stdout.trimEnd();
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT") throw new EsteiraError("INVALID_STATE", "git is not installed, and this project needs it.");
    const said = error instanceof Error && "stderr" in error ? String(error.stderr).trim() : String(error);
    throw new EsteiraError("INVALID_STATE", `git ${args[0]} failed: ${said.split("\n").at(-1) ?? ""}`, {
      cause: error,
    });
  }
}

/** As `git`; undefined where it fails. */
export const tryGit = (cwd: string, ...args: readonly string[]): Promise<string | undefined> =>
  git(cwd, ...args).catch(() => undefined);
