import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { promisify } from "node:util";
import { EsteiraError, invalid, notFound } from "@esteira/core/errors";
import type { CodeFacts } from "../diff/facts.ts";
import { type FetchedProject, fetchProject } from "../source/fetch-project.ts";
import { repositoryWith, sourcePlace } from "../source/find-commit.ts";
import { git } from "../source/git.ts";
import type { RecordedRun } from "./recorded-run.ts";

const run = promisify(execFile);

/** A run's code in a folder of its own. */
export interface RestoredCode extends FetchedProject {
  /** The root of its repository. */
  readonly root: string;
  /** The repository of this machine that it came from, where it came from one. */
  readonly origin: string | undefined;
  /** What could not be restored. */
  readonly missing: readonly string[];
}

/**
 * Restores a run's code: its commit, from a repository of this machine that has it, else from the address that the run names, and on it
 * the uncommitted changes that the run has kept. No checkout of anybody changes.
 *
 * @param cwd a folder whose repository is looked into first.
 * @throws EsteiraError where the commit is gone, or the changes are not those of the run.
 */
export async function restoreCode(
  recorded: RecordedRun,
  code: CodeFacts,
  options: { readonly cwd: string; readonly note: (line: string) => void; readonly signal: AbortSignal },
): Promise<RestoredCode> {
  const { cwd } = options;
  const { commit, remote, source } = recorded;
  if (commit === undefined)
    throw invalid(
      "The run has no commit, so its code cannot be restored: run projects that git keeps. --code FOLDER runs the code of a folder in its place.",
    );
  const changes = checkedChanges(code);
  const { folder, inside } = sourcePlace(source);
  const origin = await repositoryWith([commit], [cwd, folder]);
  const address =
    origin ??
    remote ??
    (/^(?:https?|ssh|git|git\+ssh):\/\/|^[\w.-]+@[\w.-]+:/.test(source) ? source.split("#")[0] : undefined);
  if (address === undefined)
    throw notFound(
      `The commit ${commit} is in no repository here (looked in ${[cwd, folder].filter((one) => one !== undefined).join(" and ")}), and the run names no address to fetch it from: run this in a clone that has it.`,
    );
  const fetched = await fetchProject(inside === "" ? address : `${address}#${inside}`, { ...options, version: commit });
  try {
    const root = await git(fetched.folder, "rev-parse", "--show-toplevel");
    const missing = await applyChanges(root, changes);
    const repository = { root, inside, remote, commit };
    return { ...fetched, sourceName: source, repository, root, origin, missing };
  } catch (error) {
    await fetched.remove();
    throw error;
  }
}

function checkedChanges({ changes, changesDigest }: CodeFacts): string {
  if (changes === undefined)
    throw notFound(
      "The run had uncommitted changes, and its uncommitted.diff is gone: its code cannot be restored. --code FOLDER runs the code of a folder in its place.",
    );
  const found = createHash("sha256").update(changes).digest("hex");
  if (changes !== "" && changesDigest !== undefined && found !== changesDigest)
    throw new EsteiraError(
      "INVALID_STATE",
      `The code was changed: the run's uncommitted.diff has the digest ${found}, and when the run began it was ${changesDigest}.`,
    );
  return changes;
}

async function applyChanges(root: string, changes: string): Promise<readonly string[]> {
  if (/^diff --git /m.test(changes)) {
    const patch = join(root, ".git", "esteira-changes.diff");
    await writeFile(patch, changes);
    await git(root, "apply", "--whitespace=nowarn", patch);
  }
  return [...changes.matchAll(/^# untracked: (.*)$/gm)].map(
    ([, name]) => `the file ${name}, which git did not have and which was too large to be kept with the run`,
  );
}

/**
 * Brings the packages of the folder that the code came from: where the lockfile of both is the same, what npm has installed there is
 * linked into the restored code, file by file, so that links to packages of the project itself lead to the restored ones.
 *
 * @param lockfile the digest of the run's lockfile, where the run says it.
 * @throws EsteiraError INVALID_STATE where the restored lockfile is another one.
 */
export async function restorePackages(
  { folder, root, origin }: RestoredCode,
  lockfile: string | undefined,
  note: (line: string) => void,
): Promise<void> {
  const file = nearestLockfile(folder, root);
  const bytes = file === undefined ? undefined : await readFile(file);
  const digest = bytes === undefined ? undefined : createHash("sha256").update(bytes).digest("hex");
  if (lockfile !== undefined && digest !== lockfile)
    throw new EsteiraError(
      "INVALID_STATE",
      `The environment was changed: the run's lockfile had the digest ${lockfile}, and the restored code ${digest === undefined ? "has none" : `has one of ${digest}`}.`,
    );
  if (file === undefined || bytes === undefined || origin === undefined) return;
  const [there, here] = [join(origin, relative(root, dirname(file))), dirname(file)];
  const [from, to] = [join(there, "node_modules"), join(here, "node_modules")];
  const isSame = await readFile(join(there, "package-lock.json")).then(
    (found) => found.equals(bytes),
    () => false,
  );
  if (!isSame || !existsSync(from) || existsSync(to)) return;
  note(`Linking the packages of ${from}`);
  await run("cp", ["-al", from, to]).catch(() => run("cp", ["-a", from, to]));
}

function nearestLockfile(folder: string, root: string): string | undefined {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, "package-lock.json"))) return join(at, "package-lock.json");
    if (relative(at, root) === "" || dirname(at) === at) return undefined;
  }
}
