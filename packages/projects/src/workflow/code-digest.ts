import { existsSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, rm, stat, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { folderDigest } from "../run/data-digest.ts";
import { git, gitWith } from "../source/git.ts";
import type { Repository } from "../source/repository.ts";

/** Folders of tools, which no project keeps as its own. */
const TOOLS = new Set([".git", "node_modules", "__pycache__", ".venv", ".ipynb_checkpoints", "mlruns", "mlartifacts"]);

/**
 * The name of everything that the code could be: in a git repository, of its whole work tree, uncommitted changes and new files
 * included, and what git ignores left out; elsewhere, of the project's folder without the folders of tools. Equal names are equal
 * files.
 */
export async function codeDigest(folder: string, repository: Repository | undefined): Promise<string> {
  if (repository?.commit !== undefined) return `git:${await workTree(repository.root)}:${repository.inside}`;
  return `sha256:${await folderDigest(folder, (path) => !path.split("/").some((part) => TOOLS.has(part)))}`;
}

/**
 * git's tree of the files as they are now. It is made with an index and a store of objects of its own: the repository stays as
 * it is.
 */
async function workTree(root: string): Promise<string> {
  const scratch = await mkdtemp(join(tmpdir(), "esteira-tree-"));
  try {
    const [index, objects] = await Promise.all([
      git(root, "rev-parse", "--git-path", "index"),
      git(root, "rev-parse", "--git-path", "objects"),
    ]);
    const env = {
      ...process.env,
      GIT_INDEX_FILE: join(scratch, "index"),
      GIT_OBJECT_DIRECTORY: join(scratch, "objects"),
      GIT_ALTERNATE_OBJECT_DIRECTORIES: resolve(root, objects),
    };
    await mkdir(env.GIT_OBJECT_DIRECTORY);
    await copyIndex(resolve(root, index), env.GIT_INDEX_FILE);
    await gitWith(env, root, "add", "--all");
    const tree = await gitWith(env, root, "write-tree");
    const inner = await repositoriesIn(root, await gitWith(env, root, "ls-files", "--stage", "-z"));
    return [tree, ...inner].join("+");
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** What the index knows of unchanged files need not be read again. As old as the original, for git doubts what is as young as it. */
async function copyIndex(from: string, to: string): Promise<void> {
  const found = await stat(from).catch(() => undefined);
  if (found === undefined) return;
  await copyFile(from, to);
  await utimes(to, found.atime, Math.floor(found.mtimeMs / 1000));
}

/** Of a repository within the repository the tree has a commit only: its files are named besides. */
async function repositoriesIn(root: string, staged: string): Promise<readonly string[]> {
  const paths = staged
    .split("\0")
    .flatMap((line) => (line.startsWith("160000 ") ? [line.slice(line.indexOf("\t") + 1)] : []));
  const found = paths.map((path) => join(root, path)).filter((path) => existsSync(join(path, ".git")));
  return Promise.all(found.map(workTree));
}
