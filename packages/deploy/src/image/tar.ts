/**
 * A tar archive as POSIX.1-2001 has it: ustar headers, and pax ones before entries whose name or size does not fit. The same entries
 * give the same bytes on every machine: sorted by name, owned by root, of the year 1970.
 */

import { createReadStream } from "node:fs";
import { invalid } from "@esteira/core/errors";

const BLOCK = 512;
/** The largest size that a ustar header has digits for, in bytes. */
const LARGEST = 0o77777777777;

interface Named {
  /** With "/", relative to the root of the archive; a folder's without one at its end. */
  readonly path: string;
  /** Permission bits, such as 0o755. */
  readonly mode: number;
}

export interface FileEntry extends Named {
  readonly kind: "file";
  /** In bytes. */
  readonly size: number;
  /** The bytes, or the path of the file that has them. */
  readonly content: Uint8Array | string;
  /** Of the content, 64 hexadecimal digits, where it is known already. */
  readonly sha256?: string;
}

export type TarEntry = FileEntry | (Named & { readonly kind: "folder" });

const TYPES = { file: "0", folder: "5", pax: "x" } as const;

/** By the bytes of their names, so that a folder comes before what is in it. */
export const sortedEntries = <Entry extends TarEntry>(entries: readonly Entry[]): readonly Entry[] =>
  [...entries].sort((one, other) => Buffer.compare(Buffer.from(one.path), Buffer.from(other.path)));

/**
 * The archive in pieces.
 *
 * @throws EsteiraError INVALID_PARAMETER_VALUE for a name that leads out of the archive or comes twice, INVALID_STATE for a file that
 * has changed its size meanwhile.
 */
export async function* tar(entries: readonly TarEntry[]): AsyncGenerator<Uint8Array, void, undefined> {
  let former: string | undefined;
  for (const entry of sortedEntries(entries)) {
    if (entry.path === former) throw invalid(`The archive would hold '${entry.path}' twice.`);
    former = entry.path;
    yield headerOf(entry);
    if (entry.kind === "file") yield* contentOf(entry);
  }
  yield Buffer.alloc(2 * BLOCK);
}

async function* contentOf({ path, size, content }: FileEntry): AsyncGenerator<Uint8Array, void, undefined> {
  let seen = 0;
  for await (const piece of typeof content === "string"
    ? createReadStream(content, { highWaterMark: 1 << 18 })
    : [content]) {
    seen += piece.byteLength;
    yield piece;
  }
  if (seen !== size)
    throw invalid(`'${path}' has ${seen} bytes, and had ${size} before: it was changed while it was packed.`);
  yield Buffer.alloc(padding(size));
}

const padding = (size: number): number => (BLOCK - (size % BLOCK)) % BLOCK;

function headerOf(entry: TarEntry): Uint8Array {
  const { path, mode, kind } = entry;
  if (
    path === "" ||
    path.startsWith("/") ||
    path.split("/").some((part) => part === "" || part === "." || part === "..")
  )
    throw invalid(`'${path}' cannot be a name in an archive: expected a path below its root.`);
  if (path.includes("\0")) throw invalid("A name in an archive cannot hold a zero byte.");
  const name = kind === "folder" ? `${path}/` : path;
  const size = kind === "file" ? entry.size : 0;
  const split = splitName(name);
  if (split !== undefined && size <= LARGEST) return ustar({ ...split, mode, size, type: TYPES[kind] });
  const records = Buffer.concat([
    ...(split === undefined ? [paxRecord("path", name)] : []),
    ...(size > LARGEST ? [paxRecord("size", String(size))] : []),
  ]);
  const short = split ?? { name: "long-name", prefix: "" };
  return Buffer.concat([
    ustar({ name: "pax-header", prefix: "", mode: 0o644, size: records.length, type: TYPES.pax }),
    records,
    Buffer.alloc(padding(records.length)),
    ustar({ ...short, mode, size: size > LARGEST ? 0 : size, type: TYPES[kind] }),
  ]);
}

/** A name as the two fields of a header have it; undefined where it fits neither, or is no ASCII. */
function splitName(name: string): { readonly name: string; readonly prefix: string } | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII is what is meant.
  if (!/^[\x00-\x7f]*$/.test(name)) return undefined;
  if (name.length <= 100) return { name, prefix: "" };
  for (let at = name.indexOf("/"); at !== -1 && at <= 155; at = name.indexOf("/", at + 1)) {
    const rest = name.slice(at + 1);
    if (rest !== "" && rest.length <= 100) return { name: rest, prefix: name.slice(0, at) };
  }
  return undefined;
}

/** `LENGTH KEY=VALUE\n`, whose length counts its own digits. */
function paxRecord(key: string, value: string): Buffer {
  const rest = Buffer.from(` ${key}=${value}\n`);
  let length = rest.length;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return Buffer.concat([Buffer.from(String(length)), rest]);
}

interface Header {
  readonly name: string;
  readonly prefix: string;
  readonly mode: number;
  readonly size: number;
  readonly type: string;
}

function ustar({ name, prefix, mode, size, type }: Header): Buffer {
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, at: number, digits: number) =>
    block.write(`${value.toString(8).padStart(digits, "0")}\0`, at, "latin1");
  block.write(name, 0, "latin1");
  octal(mode, 100, 7);
  octal(0, 108, 7);
  octal(0, 116, 7);
  octal(size, 124, 11);
  octal(0, 136, 11);
  block.fill(" ", 148, 156);
  block.write(type, 156, "latin1");
  block.write("ustar\x0000", 257, "latin1");
  octal(0, 329, 7);
  octal(0, 337, 7);
  block.write(prefix, 345, "latin1");
  const sum = block.reduce((all, byte) => all + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return block;
}

/** The folders above these entries, which an archive names before what is in them. */
export function foldersAbove(paths: readonly string[], mode = 0o755): readonly TarEntry[] {
  const folders = new Set<string>();
  for (const path of paths) {
    const parts = path.split("/");
    for (let depth = 1; depth < parts.length; depth++) folders.add(parts.slice(0, depth).join("/"));
  }
  return [...folders].map((path) => ({ kind: "folder", path, mode }));
}
