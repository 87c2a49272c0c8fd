import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { EsteiraError } from "@esteira/core/errors";
import type { Client } from "../client.ts";

/** Every file below a folder, as paths with "/", sorted. */
async function filesBelow(folder: string, prefix = ""): Promise<string[]> {
  const files: string[] = [];
  for (const entry of await readdir(join(folder, prefix), { withFileTypes: true })) {
    const path = prefix === "" ? entry.name : `${prefix}/${entry.name}`;
    if (entry.isDirectory()) files.push(...(await filesBelow(folder, path)));
    else if (entry.isFile()) files.push(path);
  }
  return files.sort();
}

/** Uploads every file of a local folder below an artifact URI; an `MLmodel` goes last, so that who finds it finds all of the model. */
export async function uploadFolder(client: Client, folder: string, uri: string, path = ""): Promise<void> {
  const files = await filesBelow(folder);
  const isLast = (file: string) => file === "MLmodel";
  for (const file of [...files.filter((name) => !isLast(name)), ...files.filter(isLast)]) {
    await client.artifacts.write(uri, path === "" ? file : `${path}/${file}`, await readFile(join(folder, file)));
  }
}

/** Downloads everything below an artifact URI into a local folder; names that would leave the folder are refused. */
export async function downloadFolder(client: Client, uri: string, folder: string): Promise<void> {
  for (const file of await client.artifacts.listFiles(uri)) {
    if (file.path.split("/").some((part) => part === ".." || part === "" || part.includes("\\"))) {
      throw new EsteiraError(
        "INVALID_PARAMETER_VALUE",
        `The server lists a file named '${file.path}', which is no safe path.`,
      );
    }
    const target = join(folder, file.path);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, await client.artifacts.read(uri, file.path));
  }
}
