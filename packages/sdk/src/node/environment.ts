import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { arch, cpus, platform, release, totalmem } from "node:os";
import { dirname, join } from "node:path";
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
    /** True when files differ from the commit; then `diff` says how (untracked files by name only). */
    readonly dirty: boolean;
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

async function captureGit(cwd: string): Promise<Environment["git"]> {
  const git = async (...args: string[]) => (await run("git", args, { cwd, maxBuffer: 64 * 2 ** 20 })).stdout;
  try {
    const [commit, branch, status, diff] = await Promise.all([
      git("rev-parse", "HEAD"),
      git("rev-parse", "--abbrev-ref", "HEAD"),
      git("status", "--porcelain"),
      git("diff", "HEAD", "--no-color", "--no-ext-diff"),
    ]);
    const untracked = status
      .split("\n")
      .filter((line) => line.startsWith("?? "))
      .map((line) => `# untracked: ${line.slice(3)}\n`);
    return {
      commit: commit.trim(),
      branch: branch.trim(),
      dirty: status.trim() !== "",
      diff: diff + untracked.join(""),
    };
  } catch {
    // No git, no repository, or no commit yet: the run then records none.
    return undefined;
  }
}

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

/** As MLflow's tags, so that either UI shows them. */
export function environmentTags(environment: Environment, sourceName: string): Record<string, string> {
  return {
    "mlflow.source.name": sourceName,
    "mlflow.source.type": "LOCAL",
    ...(environment.git
      ? {
          "mlflow.source.git.commit": environment.git.commit,
          "mlflow.source.git.branch": environment.git.branch,
          "esteira.git.dirty": String(environment.git.dirty),
        }
      : {}),
    "esteira.node": environment.node,
    ...(environment.lockfile ? { "esteira.lockfile.sha256": environment.lockfile.sha256 } : {}),
  };
}
