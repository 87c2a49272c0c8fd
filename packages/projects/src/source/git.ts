import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { EsteiraError } from "@esteira/core/errors";

const run = promisify(execFile);

/**
 * What a git command prints, without the last line's end.
 *
 * @throws EsteiraError INVALID_STATE with git's own last words, or when there is no git.
 */
export const git = (cwd: string, ...args: readonly string[]): Promise<string> => gitWith(process.env, cwd, ...args);

/** As `git`, with these variables. */
export async function gitWith(env: NodeJS.ProcessEnv, cwd: string, ...args: readonly string[]): Promise<string> {
  try {
    return (await run("git", [...args], { cwd, env, maxBuffer: 64 * 2 ** 20 })).stdout.trimEnd();
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
