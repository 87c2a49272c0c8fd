/** Node and the libraries that it loads, on this machine. */

import { execFile } from "node:child_process";
import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { z } from "zod";
import { contentDigest } from "./layer.ts";
import { remembered, stampOf } from "./remembered.ts";

const nodeFileWire = z.object({
  /** Where it is found, absolute. */
  path: z.string(),
  /** In bytes. */
  size: z.int(),
  /** 64 hexadecimal digits. */
  sha256: z.string(),
  stamp: z.string(),
});
export type NodeFile = z.output<typeof nodeFileWire>;

const knownWire = z.object({ settings: z.string(), node: nodeFileWire, libraries: z.array(nodeFileWire) });
export type NodeFiles = z.output<typeof knownWire>;

/** Says where the loader finds libraries: with another one they may be others. */
const LOADER_SETTINGS = "/etc/ld.so.cache";

/** What glibc loads by name when a host is looked up, and so no program says that it needs. */
export const LOOKED_UP = ["libnss_dns.so.2", "libnss_files.so.2", "libresolv.so.2"];

/** Node is asked once, and a hundred megabytes are read once, for as long as none of the files changes. */
export const nodeFiles = (node: string, cache: string): Promise<NodeFiles> =>
  remembered({
    name: "node",
    cache,
    schema: knownWire,
    async holds(known) {
      if (known.node.path !== node || known.settings !== (await stampOf(LOADER_SETTINGS))) return false;
      const files = [known.node, ...known.libraries];
      const same = await Promise.all(files.map(async ({ path, stamp }) => (await stampOf(path)) === stamp));
      return !same.includes(false);
    },
    async find() {
      const libraries = await librariesOf(node);
      return {
        settings: await stampOf(LOADER_SETTINGS),
        node: await nodeFile(node),
        libraries: await Promise.all(libraries.map(nodeFile)),
      };
    },
  });

async function nodeFile(path: string): Promise<NodeFile> {
  const stamp = await stampOf(path);
  return { path, size: (await stat(path)).size, sha256: await contentDigest(path), stamp };
}

const reportWire = z.object({ sharedObjects: z.array(z.string()) });

/** The libraries that Node loads when it does nothing, by the paths by which it found them: it is asked itself. */
async function librariesOf(node: string): Promise<readonly string[]> {
  const script = "process.report.excludeNetwork = true; console.log(JSON.stringify(process.report.getReport()))";
  const { stdout } = await promisify(execFile)(node, ["-e", script], { env: {}, maxBuffer: 1 << 26 });
  const { sharedObjects } = reportWire.parse(JSON.parse(stdout));
  const loaded = sharedObjects.filter((path) => path.startsWith("/") && path !== node);
  const folders = new Set(loaded.map((path) => dirname(path)));
  const more: string[] = [];
  for (const name of LOOKED_UP) {
    for (const folder of folders) {
      const path = `${folder}/${name}`;
      if (loaded.includes(path) || (await stampOf(path)) === "none") continue;
      more.push(path);
      break;
    }
  }
  return [...new Set([...loaded, ...more])].sort();
}
