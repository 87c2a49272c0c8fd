import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

const installed = z.object({ packages: z.record(z.string(), z.looseObject({ version: z.string().optional() })) });

/**
 * What is installed where a project runs, as lines `NAME==VERSION` in the order of the names: the packages of a virtual environment,
 * and those that npm has written down in the project's `node_modules`. Empty where there is neither.
 *
 * @param python the folder of the virtual environment, if one is in use, or what Python itself says that it has.
 */
export async function installedPackages(
  folder: string,
  { virtualEnv, ofPython }: { readonly virtualEnv?: string | undefined; readonly ofPython?: readonly string[] },
): Promise<string> {
  const python = ofPython ?? (virtualEnv === undefined ? [] : await pythonPackages(virtualEnv));
  const lines = [...(await nodePackages(folder)), ...python];
  return lines.length === 0 ? "" : `${[...new Set(lines)].sort().join("\n")}\n`;
}

async function nodePackages(folder: string): Promise<string[]> {
  const text = await readFile(join(folder, "node_modules", ".package-lock.json"), "utf8").catch(() => undefined);
  if (text === undefined) return [];
  const { packages } = installed.parse(JSON.parse(text));
  return Object.entries(packages).map(
    ([path, { version }]) => `${path.slice(path.lastIndexOf("node_modules/") + 13)}==${version ?? "linked"}`,
  );
}

/** Folders of wheels are named NAME-VERSION.dist-info. */
async function pythonPackages(home: string): Promise<string[]> {
  const versions = await readdir(join(home, "lib")).catch(() => []);
  const found = await Promise.all(
    versions.map((python) => readdir(join(home, "lib", python, "site-packages")).catch(() => [])),
  );
  return found.flat().flatMap((name) => {
    const [, project, version] = /^(.+)-([^-]+)\.dist-info$/.exec(name) ?? [];
    return project === undefined ? [] : [`${project.replaceAll("_", "-").toLowerCase()}==${version}`];
  });
}
