import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { repositoryWith, sourcePlace } from "../source/find-commit.ts";
import { git, gitWith } from "../source/git.ts";
import type { CodeFacts } from "./facts.ts";

/**
 * The difference between the code of two runs as a unified text, uncommitted changes included: from a repository of this machine that
 * has both commits, in which nothing is written.
 *
 * @returns the text, empty where the code is the same; or why there is none.
 */
export async function codeText(
  a: CodeFacts,
  b: CodeFacts,
  cwd: string,
): Promise<{ readonly text: string } | { readonly missing: string }> {
  const [one, other] = [a.commit, b.commit];
  if (one === undefined || other === undefined)
    return { missing: "a run without a commit does not say which code it was" };
  if (a.changes === undefined || b.changes === undefined)
    return { missing: "a run has not kept its uncommitted changes" };
  const places = [cwd, sourcePlace(a.source).folder, sourcePlace(b.source).folder];
  const root = await repositoryWith([one, other], places);
  if (root === undefined) return { missing: "no repository here has both commits: run this in a clone of it" };
  const scratch = await mkdtemp(join(tmpdir(), "esteira-diff-"));
  try {
    const objects = resolve(root, await git(root, "rev-parse", "--git-path", "objects"));
    await mkdir(join(scratch, "objects"));
    const env = {
      ...process.env,
      GIT_OBJECT_DIRECTORY: join(scratch, "objects"),
      GIT_ALTERNATE_OBJECT_DIRECTORIES: objects,
      GIT_INDEX_FILE: join(scratch, "index"),
    };
    const tree = async (commit: string, changes: string): Promise<string> => {
      await gitWith(env, root, "read-tree", commit);
      if (/^diff --git /m.test(changes)) {
        const patch = join(scratch, "changes.diff");
        await writeFile(patch, changes);
        await gitWith(env, root, "apply", "--cached", "--whitespace=nowarn", patch);
      }
      return gitWith(env, root, "write-tree");
    };
    const [from, to] = [await tree(one, a.changes), await tree(other, b.changes)];
    const text = await gitWith(env, root, "diff", "--no-color", "--no-ext-diff", from, to);
    return { text: text === "" ? "" : `${text}\n` };
  } catch (error) {
    return { missing: error instanceof Error ? error.message : String(error) };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
