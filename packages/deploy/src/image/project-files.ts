/** The files of a project, as they go into an image or a cluster. */

import { readdir, realpath, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import { invalid } from "@esteira/core/errors";

export interface ProjectFile {
  /** Below the project's folder, with "/". */
  readonly path: string;
  /** Where its content is on this machine. */
  readonly file: string;
  /** In bytes. */
  readonly size: number;
  readonly isProgram: boolean;
}

/** Folders of tools and of what they make: no project's own, and made anew where they are needed. */
const TOOLS = new Set([".git", "node_modules", "__pycache__", ".venv", ".ipynb_checkpoints", "mlruns", "mlartifacts"]);

/**
 * All files below a folder but those of tools, in the order of their names. A link to a file of the project is that file.
 *
 * @throws EsteiraError INVALID_PARAMETER_VALUE for what is no file, and for links that lead out of the project.
 */
export async function projectFiles(folder: string): Promise<readonly ProjectFile[]> {
  const root = await realpath(folder);
  const files: ProjectFile[] = [];
  const walk = async (at: string, above: string): Promise<void> => {
    const entries = await readdir(at, { withFileTypes: true });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (TOOLS.has(entry.name)) continue;
      const [file, path] = [join(at, entry.name), `${above}${entry.name}`];
      if (entry.isDirectory()) {
        await walk(file, `${path}/`);
        continue;
      }
      const real = await realpath(file).catch(() => "");
      const found = real.startsWith(root + sep) ? await stat(real) : undefined;
      if (found?.isFile() !== true)
        throw invalid(
          `'${path}' of the project is no file that an image could have: a link leads out of the project, or to no file.`,
        );
      files.push({ path, file: real, size: found.size, isProgram: (found.mode & 0o100) !== 0 });
    }
  };
  await walk(root, "");
  return files;
}
