/** Node and its libraries for another kind of processor, from a folder that has a Linux system's files, such as unpacked packages. */

import { createReadStream } from "node:fs";
import { realpath, stat } from "node:fs/promises";
import { posix } from "node:path";
import { invalid, notFound } from "@esteira/core/errors";
import { readElf } from "./elf.ts";
import { contentDigest } from "./layer.ts";
import { librarySearch } from "./libraries.ts";
import { LOOKED_UP, type NodeFile } from "./node-files.ts";
import { stampOf } from "./remembered.ts";

export interface ForeignNode {
  readonly node: NodeFile;
  /** `v20.19.0` */
  readonly version: string;
  /** Each with where it is in the image. */
  readonly libraries: readonly (NodeFile & { readonly target: string })[];
}

const NODES = ["usr/bin/node", "usr/local/bin/node", "bin/node"];

/**
 * @param platform `linux/arm64`
 * @param root the folder; links in it lead within it
 * @throws EsteiraError RESOURCE_DOES_NOT_EXIST naming what is not there, INVALID_PARAMETER_VALUE for a Node of another kind
 */
export async function foreignNode(platform: string, root: string): Promise<ForeignNode> {
  const folder = await realpath(root).catch(() => {
    throw notFound(`The folder '${root}', which is to have Node for ${platform}, is not there.`);
  });
  let node: string | undefined;
  for (const path of NODES) node ??= await librarySearch(folder, "amd64").file(path);
  if (node === undefined)
    throw notFound(`'${root}' has no Node for ${platform}: expected it as ${NODES.join(" or ")}.`);
  const facts = await readElf(node);
  if (facts === undefined || `linux/${facts.architecture}` !== platform)
    throw invalid(
      `${node} is no program for ${platform}${facts === undefined ? "" : `, but for ${facts.architecture}`}.`,
    );
  const search = librarySearch(folder, facts.architecture);
  const { loader } = facts;
  const loading = loader === undefined ? undefined : await search.file(loader);
  if (loader !== undefined && loading === undefined)
    throw notFound(`'${root}' lacks ${loader}, which loads programs for ${platform}: unpack libc6 there.`);
  const libraries = new Map(loader !== undefined && loading !== undefined ? [[loader, loading]] : []);
  for (const name of facts.needed) {
    if (name === posix.basename(loader ?? "")) continue;
    const [missing] = await search.add(name, "node");
    if (missing !== undefined)
      throw notFound(
        `'${root}' lacks ${missing[0]} for ${platform}, which ${missing[1]} needs: unpack the package that has it there.`,
      );
  }
  for (const name of LOOKED_UP) await search.add(name, "");
  for (const [target, file] of search.found) libraries.set(target, file);
  // The loader is a library by its name too, in the one place where it is.
  const seen = [...libraries].filter(
    ([target]) => target === loader || posix.basename(target) !== posix.basename(loader ?? ""),
  );
  return {
    node: await nodeFile(node),
    version: await versionOf(node),
    libraries: await Promise.all(
      seen
        .sort(([one], [other]) => (one < other ? -1 : 1))
        .map(async ([target, file]) => ({ ...(await nodeFile(file)), target })),
    ),
  };
}

async function nodeFile(path: string): Promise<NodeFile> {
  return { path, size: (await stat(path)).size, sha256: await contentDigest(path), stamp: await stampOf(path) };
}

/** Node's file holds the address of its own headers, by its version. */
async function versionOf(node: string): Promise<string> {
  const pattern = /\/(v\d+\.\d+\.\d+)\/node-v\d+\.\d+\.\d+-headers/;
  let before = "";
  for await (const piece of createReadStream(node, { highWaterMark: 1 << 20, encoding: "latin1" })) {
    const [, version] = pattern.exec(before + piece) ?? [];
    if (version !== undefined) return version;
    before = String(piece).slice(-200);
  }
  throw invalid(`${node} does not say which version of Node it is: give a build of nodejs.org's.`);
}
