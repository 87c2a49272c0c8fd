import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFile, lstat, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { arch, cpus, platform, release, tmpdir, totalmem } from "node:os";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** What a result depended on besides its data: enough to make it again, or to say why it cannot be. */
export interface Environment {
  readonly node: string;
  readonly os: string;
  readonly cpu: string;
  readonly cores: number;
  /** Bytes. */
  readonly memory: number;
  readonly git?: {
    readonly commit: string;
    readonly branch: string;
    readonly dirty: boolean;
    /** How files differ from the commit, for `git apply`; new files of more than 1 MiB by their names only. */
    readonly diff: string;
  };
  readonly lockfile?: { readonly name: string; readonly sha256: string };
}

export async function captureEnvironment(folder: string): Promise<Environment> {
  const [git, lockfile] = await Promise.all([captureGit(folder), captureLockfile(folder)]);
  const cores = cpus();
  return {
    node: process.version,
    os: `${platform()} ${release()} ${arch()}`,
    cpu: cores[0]?.model.trim() ?? "unknown",
    cores: cores.length,
    memory: totalmem(),
    ...(git ? { git } : {}),
    ...(lockfile ? { lockfile } : {}),
  };
}

/** What is new and larger than this stands in the diff by its name only. */
const LARGEST_UNTRACKED = 1 << 20;

async function captureGit(cwd: string): Promise<Environment["git"]> {
  const git = async (args: readonly string[], at = cwd, env = process.env) =>
    (await run("git", [...args], { cwd: at, env, maxBuffer: 256 * 2 ** 20 })).stdout;
  try {
    const [commit, branch, status, root] = await Promise.all([
      git(["rev-parse", "HEAD"]),
      git(["rev-parse", "--abbrev-ref", "HEAD"]),
      git(["status", "--porcelain"]),
      git(["rev-parse", "--show-toplevel"]),
    ]);
    const dirty = status.trim() !== "";
    return {
      commit: commit.trim(),
      branch: branch.trim(),
      dirty,
      diff: dirty ? await diffOf(root.replace(/\n$/, ""), git) : "",
    };
  } catch {
    // No git, no repository, or no commit yet: the run then records none.
    return undefined;
  }
}

type Git = (args: readonly string[], at: string, env?: NodeJS.ProcessEnv) => Promise<string>;

/** What `git apply` makes the work tree of, on top of its commit. A copy of the index takes the new files: the user's stays as it is. */
async function diffOf(root: string, git: Git): Promise<string> {
  const listed = await git(["ls-files", "--others", "--exclude-standard", "-z"], root);
  const untracked = listed.split("\0").filter((name) => name !== "");
  const sizes = await Promise.all(untracked.map(async (name) => (await lstat(join(root, name))).size));
  const isKept = (_: string, at: number) => (sizes[at] ?? 0) <= LARGEST_UNTRACKED;
  const scratch = await mkdtemp(join(tmpdir(), "esteira-index-"));
  try {
    const env = { ...process.env, GIT_INDEX_FILE: join(scratch, "index"), GIT_LITERAL_PATHSPECS: "1" };
    const index = (await git(["rev-parse", "--git-path", "index"], root)).replace(/\n$/, "");
    await copyFile(resolve(root, index), env.GIT_INDEX_FILE);
    const names = join(scratch, "names");
    await writeFile(names, untracked.filter(isKept).join("\0"));
    await git(["add", "--intent-to-add", `--pathspec-from-file=${names}`, "--pathspec-file-nul"], root, env);
    const left = untracked.filter((name, at) => !isKept(name, at)).map((name) => `# untracked: ${name}\n`);
    const diff = await git(["diff", "HEAD", ...PLAIN_DIFF], root, env);
    if (!diff.includes("\ufffd")) return diff + left.join("");
    // Some file is text of another encoding than UTF-8: all go as git writes binary ones.
    const attributes = join(scratch, "attributes");
    await writeFile(attributes, "* -diff\n");
    const asBinary = ["-c", `core.attributesFile=${attributes}`, "diff", "HEAD", ...PLAIN_DIFF];
    return (await git(asBinary, root, env)) + left.join("");
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Whatever a user has set for the eyes. */
const PLAIN_DIFF = [
  ...["--binary", "--full-index", "--no-color", "--no-ext-diff", "--no-textconv", "--no-renames", "--no-relative"],
  ...["--src-prefix=a/", "--dst-prefix=b/"],
];

/** The nearest package-lock.json at or above the folder. */
async function captureLockfile(folder: string): Promise<Environment["lockfile"]> {
  for (let at = folder; ; at = dirname(at)) {
    try {
      const bytes = await readFile(join(at, "package-lock.json"));
      return { name: "package-lock.json", sha256: createHash("sha256").update(bytes).digest("hex") };
    } catch {
      if (dirname(at) === at) return undefined;
    }
  }
}

/** What a run says of its uncommitted changes beside the artifact that has them: by the digest nobody can exchange it unseen. */
export const changeTags = ({ dirty, diff }: NonNullable<Environment["git"]>): Record<string, string> => ({
  "esteira.git.dirty": String(dirty),
  ...(dirty ? { "esteira.git.diff.sha256": createHash("sha256").update(diff).digest("hex") } : {}),
});

/** As MLflow's tags, so that either UI shows them. */
export function environmentTags(environment: Environment, sourceName: string): Record<string, string> {
  return {
    "mlflow.source.name": sourceName,
    "mlflow.source.type": "LOCAL",
    ...(environment.git
      ? {
          "mlflow.source.git.commit": environment.git.commit,
          "mlflow.source.git.branch": environment.git.branch,
          ...changeTags(environment.git),
        }
      : {}),
    "esteira.node": environment.node,
    ...(environment.lockfile ? { "esteira.lockfile.sha256": environment.lockfile.sha256 } : {}),
  };
}
