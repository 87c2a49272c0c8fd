import { readFile, realpath } from "node:fs/promises";
import { writeImage } from "@esteira/deploy/image/image";
import { packLayer } from "@esteira/deploy/image/layer";
import { machineBase, machinePlatform, NOBODY } from "@esteira/deploy/image/machine-base";
import { foldersAbove, type TarEntry } from "@esteira/deploy/image/tar";
import { openLayout } from "@esteira/deploy/oci/layout";
import { run } from "./run.ts";

const PROGRAMS = ["bash", "dash", "cp", "sleep"];

/** An image that a project can run in, made of this machine's files: Node, shells and a few programs. */
export async function projectBase(folder: string, tag: string, cache: string): Promise<void> {
  const platform = machinePlatform() ?? "";
  const { folders, files, env } = await machineBase(platform, cache);
  const entries = new Map<string, TarEntry>([...folders, ...files].map((entry) => [entry.path, entry]));
  const add = async (path: string, from: string): Promise<void> => {
    const content = await readFile(from);
    for (const above of foldersAbove([path])) if (!entries.has(above.path)) entries.set(above.path, above);
    entries.set(path, { kind: "file", path, mode: 0o755, size: content.length, content });
  };
  for (const program of PROGRAMS) {
    const file = await realpath((await run("sh", ["-c", 'command -v "$1"', "sh", program])).trim());
    await add(`bin/${program === "dash" ? "sh" : program}`, file);
    for (const [library = ""] of (await run("ldd", [file])).matchAll(/\/\S+/g))
      if (!library.endsWith(":") && !entries.has(library.slice(1)))
        await add(library.slice(1), await realpath(library));
  }
  const layer = await packLayer([...entries.values()], { cache, compression: "native", title: "Node and shells" });
  const layout = await openLayout(folder);
  const [os = "", architecture = ""] = platform.split("/");
  const { descriptor } = await writeImage(layout, {
    ...{ platform: { os, architecture }, layers: [layer], env, entrypoint: [], command: ["/bin/sh"] },
    ...{ workingFolder: "/", user: `${NOBODY}:${NOBODY}`, ports: [], labels: {}, createdAt: 0 },
  });
  await layout.tag(tag, descriptor);
}
