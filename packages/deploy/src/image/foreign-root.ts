/** Node and its libraries for another kind of processor, from a folder that has a Linux system's files, such as unpacked packages. */

import { createReadStream } from "node:fs";
import { lstat, readlink, realpath, stat } from "node:fs/promises";
import { dirname, join, posix } from "node:path";
import { invalid, notFound } from "@esteira/core/errors";
import { readElf } from "./elf.ts";
import { contentDigest } from "./layer.ts";
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
const TRIPLETS = { amd64: "x86_64-linux-gnu", arm64: "aarch64-linux-gnu" } as const;

/**
 * @param platform `linux/arm64`
 * @param root the folder; links in it lead within it
 * @throws EsteiraError RESOURCE_DOES_NOT_EXIST naming what is not there, INVALID_PARAMETER_VALUE for a Node of another kind
 */
export async function foreignNode(platform: string, root: string): Promise<ForeignNode> {
  const folder = await realpath(root).catch(() => {
    throw notFound(`The folder '${root}', which is to have Node for ${platform}, is not there.`);
  });
  const find = async (path: string): Promise<string | undefined> => {
    const file = await within(folder, path);
    return (await stat(file).catch(() => undefined))?.isFile() === true ? file : undefined;
  };
  let node: string | undefined;
  for (const path of NODES) node ??= await find(path);
  if (node === undefined)
    throw notFound(`'${root}' has no Node for ${platform}: expected it as ${NODES.join(" or ")}.`);
  const facts = await readElf(node);
  if (facts === undefined || `linux/${facts.architecture}` !== platform)
    throw invalid(
      `${node} is no program for ${platform}${facts === undefined ? "" : `, but for ${facts.architecture}`}.`,
    );
  const triplet = TRIPLETS[facts.architecture];
  const folders = ["lib", "usr/lib"].flatMap((one) => [`${one}/${triplet}`, one, `${one}64`]);
  const libraries = new Map<string, string>();
  const search = async (name: string, wantedBy: string | undefined): Promise<void> => {
    for (const place of folders) {
      const target = posix.join("/", place, name);
      if (libraries.has(target)) return;
      const file = await find(target);
      if (file === undefined) continue;
      libraries.set(target, file);
      for (const needed of (await readElf(file))?.needed ?? []) await search(needed, name);
      return;
    }
    if (wantedBy !== undefined)
      throw notFound(
        `'${root}' lacks ${name} for ${platform}, which ${wantedBy} needs: unpack the package that has it there.`,
      );
  };
  const { loader } = facts;
  const loading = loader === undefined ? undefined : await find(loader);
  if (loader !== undefined && loading === undefined)
    throw notFound(`'${root}' lacks ${loader}, which loads programs for ${platform}: unpack libc6 there.`);
  if (loader !== undefined && loading !== undefined) libraries.set(loader, loading);
  for (const name of facts.needed) if (name !== posix.basename(loader ?? "")) await search(name, "node");
  for (const name of LOOKED_UP) await search(name, undefined);
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

const MOST_LINKS = 40;

/** Where a path leads when the folder is the root of all links. */
async function within(root: string, path: string): Promise<string> {
  let rest = path.split("/").filter((part) => part !== "" && part !== ".");
  let at = "/";
  for (let links = 0; rest.length > 0; ) {
    const [part = "", ...after] = rest;
    rest = after;
    const next = posix.join(at, part);
    const found = await lstat(join(root, next)).catch(() => undefined);
    if (found?.isSymbolicLink() !== true) {
      at = next;
      continue;
    }
    if (++links > MOST_LINKS) return join(root, next);
    const target = await readlink(join(root, next));
    rest = [
      ...posix
        .resolve(dirname(next), target)
        .split("/")
        .filter((one) => one !== ""),
      ...rest,
    ];
    at = "/";
  }
  return join(root, at);
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
