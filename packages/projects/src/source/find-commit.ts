import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { tryGit } from "./git.ts";

/** Where a project was and where in its repository: what `mlflow.source.name` says of one. */
export function sourcePlace(source: string | undefined): {
  readonly folder: string | undefined;
  readonly inside: string;
} {
  const [base = "", inside = ""] = (source ?? "").split("#");
  if (base.startsWith("file://")) {
    try {
      return { folder: fileURLToPath(new URL(base)), inside };
    } catch {
      return { folder: undefined, inside };
    }
  }
  return { folder: base.startsWith("/") ? base : undefined, inside };
}

/** The root of the first repository around `folders` that has all of these commits. */
export async function repositoryWith(
  commits: readonly string[],
  folders: readonly (string | undefined)[],
): Promise<string | undefined> {
  for (const folder of folders) {
    if (folder === undefined || !existsSync(folder)) continue;
    const root = await tryGit(folder, "rev-parse", "--show-toplevel");
    if (root === undefined) continue;
    const found = await Promise.all(commits.map((commit) => tryGit(root, "cat-file", "-e", `${commit}^{commit}`)));
    if (found.every((answer) => answer !== undefined)) return root;
  }
  return undefined;
}
