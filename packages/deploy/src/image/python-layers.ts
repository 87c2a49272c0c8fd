/** The layers of an image whose model Python scores: the interpreter with the libraries that it and the packages load, and the packages. */

import { readdir, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Platform } from "../oci/descriptor.ts";
import { readElf } from "./elf.ts";
import { contentDigest } from "./layer.ts";
import { librarySearch } from "./libraries.ts";
import type { MachineFile } from "./machine-base.ts";
import { PACKAGES_FOLDER, PYTHON_FOLDER, type PythonEnvironment } from "./python-environment.ts";
import { type FileEntry, foldersAbove, type TarEntry } from "./tar.ts";

export interface PythonLayers {
  readonly runtime: readonly TarEntry[];
  readonly packages: readonly TarEntry[];
  /** Of this machine, in the runtime's layer. */
  readonly libraries: readonly MachineFile[];
  /** Libraries that something asks for and this machine does not have: what needs them cannot be imported there, nor here. */
  readonly missing: readonly string[];
}

/** How the container's front starts it. */
export const pythonEnv = ({ facts }: PythonEnvironment): Readonly<Record<string, string>> => ({
  ESTEIRA_ENGINE: "python",
  ESTEIRA_PYTHON: `/${PYTHON_FOLDER}/bin/python3`,
  PYTHONPATH: `/${PACKAGES_FOLDER}`,
  PYTHONNOUSERSITE: "1",
  ...(facts.soname.includes(".so") ? { LD_LIBRARY_PATH: `/${PYTHON_FOLDER}/lib` } : {}),
});

/** @param below paths that the layer below has already */
export async function pythonLayers(
  { folder, facts }: PythonEnvironment,
  { architecture }: Platform,
  below: ReadonlySet<string>,
): Promise<PythonLayers> {
  const python = await filesOf(join(folder, "python"), PYTHON_FOLDER);
  const packages = await filesOf(join(folder, "packages"), PACKAGES_FOLDER);
  const search = librarySearch("/", architecture === "arm64" ? "arm64" : "amd64");
  const own = new Set([...python, ...packages].map(({ path }) => basename(path)));
  const shared = facts.soname.includes(".so")
    ? await search.file(join(facts.standardLibrary, "..", facts.soname))
    : undefined;
  // Python itself may be a library, beside the standard one.
  if (shared !== undefined) own.add(facts.soname);
  const missing = new Set<string>();
  for (const { path, content } of [...python, ...packages]) {
    if (typeof content !== "string" || !/\.so(\.|$)|\/bin\/python3$/.test(path)) continue;
    for (const name of (await readElf(content))?.needed ?? []) {
      // Wheels bring some of their libraries along.
      if (own.has(name) || name.startsWith("ld-linux")) continue;
      for (const [lacked, wantedBy] of await search.add(name, basename(path))) missing.add(`${lacked} (${wantedBy})`);
    }
  }
  const libraries = [];
  for (const [target, file] of search.found)
    if (!below.has(target.slice(1))) libraries.push(await copied(target, file));
  if (shared !== undefined) libraries.push(await copied(`/${PYTHON_FOLDER}/lib/${facts.soname}`, shared));
  const paths = [...python, ...libraries].map(({ path }) => path);
  return {
    runtime: [...foldersAbove(paths), ...python, ...libraries],
    packages: [...foldersAbove(packages.map(({ path }) => path)), ...packages],
    libraries,
    missing: [...missing].sort(),
  };
}

async function copied(target: string, file: string): Promise<MachineFile> {
  const [{ size }, sha256] = [await stat(file), await contentDigest(file)];
  return { kind: "file", path: target.slice(1), mode: 0o755, size, content: file, sha256 };
}

async function filesOf(folder: string, target: string): Promise<readonly FileEntry[]> {
  const files: FileEntry[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const [path, name] = [join(folder, entry.name), `${target}/${entry.name}`];
    if (entry.isDirectory()) files.push(...(await filesOf(path, name)));
    else if (entry.isFile())
      files.push({
        ...{ kind: "file", path: name, size: (await stat(path)).size, content: path },
        mode: name === `${PYTHON_FOLDER}/bin/python3` ? 0o755 : 0o644,
      });
  }
  return files;
}
