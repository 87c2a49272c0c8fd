/**
 * A base that needs no other image: the Node that runs this, with the libraries that it loads, and the few files that a system of
 * Linux is expected to have. No shell, no package manager, nothing to update but Node itself.
 */

import { realpath } from "node:fs/promises";
import { dirname } from "node:path";
import { rootCertificates } from "node:tls";
import { invalid } from "@esteira/core/errors";
import { contentDigest } from "./layer.ts";
import { type NodeFile, nodeFiles } from "./node-files.ts";
import { type FileEntry, foldersAbove, type TarEntry } from "./tar.ts";

/** A user of no power, as distroless images number it. */
export const NOBODY = 65_532;

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: "amd64", arm64: "arm64" };

export const NODE_PATH = "/usr/bin/node";

/** A file whose digest is known. */
export type MachineFile = FileEntry & { readonly sha256: string };

export interface MachineBase {
  readonly folders: readonly TarEntry[];
  readonly files: readonly MachineFile[];
  /** Node's own version, `v20.19.0`. */
  readonly nodeVersion: string;
  readonly env: Readonly<Record<string, string>>;
}

/** `linux/amd64`: this machine, as images name it; undefined where it is no Linux, or of a kind that no image is built for. */
export function machinePlatform(): string | undefined {
  const architecture = ARCHITECTURES[process.arch];
  return process.platform === "linux" && architecture !== undefined ? `linux/${architecture}` : undefined;
}

/**
 * @param cache a folder for what is found again otherwise
 * @param root a folder that has Node and its libraries for the platform, in place of this machine
 * @throws EsteiraError INVALID_PARAMETER_VALUE where this machine is not of the platform, and there is no such folder.
 */
export async function machineBase(platform: string, cache: string, root?: string): Promise<MachineBase> {
  if (root !== undefined) {
    const { foreignNode } = await import("./foreign-root.ts");
    const { node, version, libraries } = await foreignNode(platform, root);
    return baseOf(node, libraries, version);
  }
  const here = machinePlatform();
  if (here !== platform)
    throw invalid(
      `An image for ${platform} without a base takes Node from this machine, which is ${here ?? `${process.platform}/${process.arch}`}: give --root ${platform}=FOLDER with Node and its libraries for it, or --base an image of that platform which holds Node, or build it on such a machine.`,
    );
  const found = await nodeFiles(await realpath(process.execPath), cache);
  const libraries = found.libraries.map((library) => ({ ...library, target: library.path }));
  return baseOf(found.node, libraries, process.version);
}

async function baseOf(
  node: NodeFile,
  libraries: readonly (NodeFile & { readonly target: string })[],
  nodeVersion: string,
): Promise<MachineBase> {
  const files = await Promise.all([
    copied(NODE_PATH, node),
    ...libraries.map((library) => copied(library.target, library)),
    textFile(
      "/etc/passwd",
      `root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:${NOBODY}:${NOBODY}:nonroot:/tmp:/sbin/nologin\n`,
    ),
    textFile("/etc/group", `root:x:0:\nnonroot:x:${NOBODY}:\n`),
    textFile("/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n"),
    // Those that Node trusts, for what asks OpenSSL: the same for one version of Node, whatever machine it is on.
    textFile("/etc/ssl/certs/ca-certificates.crt", `${rootCertificates.join("\n")}\n`),
  ]);
  return {
    folders: [...foldersAbove(files.map(({ path }) => path)), { kind: "folder", path: "tmp", mode: 0o1777 }],
    files,
    nodeVersion,
    env: { PATH: "/usr/local/bin:/usr/bin:/bin", ...searchPath(libraries.map(({ target }) => target)) },
  };
}

const copied = (target: string, { path, size, sha256 }: NodeFile): MachineFile => ({
  kind: "file",
  path: target.slice(1),
  mode: 0o755,
  size,
  content: path,
  sha256,
});

async function textFile(target: string, text: string): Promise<MachineFile> {
  const content = Buffer.from(text);
  const sha256 = await contentDigest(content);
  return { kind: "file", path: target.slice(1), mode: 0o644, size: content.length, content, sha256 };
}

/** Where the loader of every Linux looks without being told. */
const USUAL = /^(\/usr)?\/(lib|lib64)(\/[^/]+-linux-(gnu|musl)[^/]*)?$/;

/** Says where libraries lie that were found by the machine's own settings, which the image does not have. */
function searchPath(libraries: readonly string[]): Readonly<Record<string, string>> {
  const unusual = [...new Set(libraries.map((path) => dirname(path)))].filter((folder) => !USUAL.test(folder));
  return unusual.length === 0 ? {} : { LD_LIBRARY_PATH: unusual.join(":") };
}
