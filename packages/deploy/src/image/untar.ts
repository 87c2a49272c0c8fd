/** Reads a tar archive as it comes: ustar, pax (POSIX.1-2001) and GNU's long names, which is what layers of images are written in. */

import { invalid } from "@esteira/core/errors";

const BLOCK = 512;
/** Names and attributes are short; what is longer is no header. */
const HEADER_LIMIT = 1 << 20;

export interface ArchiveEntry {
  /** With "/", without one at its begin or end. */
  readonly path: string;
  readonly kind: "file" | "folder" | "link" | "other";
  /** Permission bits with set-user-id (0o4000), set-group-id (0o2000) and sticky (0o1000). */
  readonly mode: number;
  /** In bytes. */
  readonly size: number;
  /** Where a link leads, as it is written. */
  readonly target: string;
  /** Whether running the file gives it powers (security.capability). */
  readonly hasCapability: boolean;
  /** Its bytes; what is not read of them is passed over. */
  readonly content: AsyncIterable<Uint8Array>;
}

const KINDS: Readonly<Record<string, ArchiveEntry["kind"]>> = {
  "0": "file",
  "\0": "file",
  "7": "file",
  "5": "folder",
  "1": "link",
  "2": "link",
};

/**
 * The entries in the order of the archive. Each must be used before the next is asked for.
 *
 * @param what for the sentence of a refusal: "The layer sha256:…"
 * @throws EsteiraError INVALID_PARAMETER_VALUE when it is damaged, or a name leads out of it.
 */
export async function* untar(
  source: AsyncIterable<Uint8Array>,
  what: string,
): AsyncGenerator<ArchiveEntry, void, undefined> {
  const damaged = (why: string) => invalid(`${what} is no archive that Esteira reads: ${why}.`);
  const bytes = byteReader(source);
  let attributes: Readonly<Record<string, string>> = {};
  let longName: string | undefined;
  let longTarget: string | undefined;
  for (;;) {
    const header = await bytes.take(BLOCK);
    if (header.length === 0 || header.every((byte) => byte === 0)) break;
    if (header.length < BLOCK) throw damaged("it ends in the middle");
    checkSum(header, damaged);
    const type = String.fromCharCode(header[156] ?? 0);
    const size = Number(attributes.size ?? numberIn(header, 124, 12));
    if (!Number.isSafeInteger(size) || size < 0) throw damaged("an entry has no size");
    if ("xgLK".includes(type)) {
      if (size > HEADER_LIMIT) throw damaged("a name in it is too long");
      const text = (await bytes.take(size)).subarray(0, size);
      await bytes.skip(padding(size));
      // What is said for all entries (g) is nothing that is looked at here.
      if (type === "x") attributes = paxRecords(text, damaged);
      else if (type === "L") longName = textOf(text);
      else if (type === "K") longTarget = textOf(text);
      continue;
    }
    const prefix = header.subarray(257, 262).toString("latin1") === "ustar" ? textOf(header.subarray(345, 500)) : "";
    const short = textOf(header.subarray(0, 100));
    const path = plainPath(attributes.path ?? longName ?? (prefix === "" ? short : `${prefix}/${short}`), damaged);
    const kind = KINDS[type] ?? "other";
    const length = kind === "file" ? size : 0;
    let left = length;
    const content = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
      while (left > 0) {
        const piece = await bytes.some(left);
        if (piece.length === 0) throw damaged("it ends in the middle");
        left -= piece.length;
        yield piece;
      }
    };
    if (path !== "") {
      yield {
        ...{ path, kind, size: length, content: content() },
        mode: numberIn(header, 100, 8) & 0o7777,
        target: attributes.linkpath ?? longTarget ?? textOf(header.subarray(157, 257)),
        hasCapability: attributes["SCHILY.xattr.security.capability"] !== undefined,
      };
    }
    await bytes.skip(left + padding(length));
    attributes = {};
    longName = undefined;
    longTarget = undefined;
  }
  // To its end, for whoever counts and hashes what passes.
  await bytes.skip(Number.POSITIVE_INFINITY);
}

const padding = (size: number): number => (BLOCK - (size % BLOCK)) % BLOCK;

const textOf = (bytes: Uint8Array): string => {
  const end = bytes.indexOf(0);
  return Buffer.from(end === -1 ? bytes : bytes.subarray(0, end)).toString("utf8");
};

/** Octal digits, or GNU's binary where the first bit is set. */
function numberIn(header: Buffer, at: number, length: number): number {
  const field = header.subarray(at, at + length);
  if (((field[0] ?? 0) & 0x80) !== 0) return field.subarray(-6).readUIntBE(0, 6);
  const digits = textOf(field).trim();
  return digits === "" ? 0 : Number.parseInt(digits, 8);
}

function checkSum(header: Buffer, damaged: (why: string) => Error): void {
  const said = numberIn(header, 148, 8);
  const sum = header.reduce((all, byte, at) => all + (at >= 148 && at < 156 ? 0x20 : byte), 0);
  if (sum !== said) throw damaged("the sum of a header is wrong");
}

function paxRecords(text: Buffer, damaged: (why: string) => Error): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  for (let at = 0; at < text.length; ) {
    const space = text.indexOf(0x20, at);
    const length = Number.parseInt(text.subarray(at, space).toString("latin1"), 10);
    if (space === -1 || !(length > space - at + 1) || at + length > text.length) throw damaged("an attribute is cut");
    const record = text.subarray(space + 1, at + length - 1).toString("utf8");
    const equals = record.indexOf("=");
    found[record.slice(0, equals)] = record.slice(equals + 1);
    at += length;
  }
  return found;
}

/** The root itself is "". */
function plainPath(path: string, damaged: (why: string) => Error): string {
  const parts = path.split("/").filter((part) => part !== "" && part !== ".");
  if (parts.includes("..") || path.includes("\0")) throw damaged(`'${path}' leads out of it`);
  return parts.join("/");
}

/** Bytes by number from pieces of any size. */
function byteReader(source: AsyncIterable<Uint8Array>) {
  const pieces = source[Symbol.asyncIterator]();
  let held: Uint8Array = new Uint8Array(0);
  /** At most so many, at least one; none at the end. */
  const some = async (most: number): Promise<Uint8Array> => {
    while (held.length === 0) {
      const { done, value } = await pieces.next();
      if (done === true) return held;
      held = value;
    }
    const piece = held.subarray(0, most);
    held = held.subarray(piece.length);
    return piece;
  };
  return {
    some,
    /** So many, or as many as there are. */
    async take(count: number): Promise<Buffer> {
      const all: Uint8Array[] = [];
      for (let left = count; left > 0; ) {
        const piece = await some(left);
        if (piece.length === 0) break;
        all.push(piece);
        left -= piece.length;
      }
      return Buffer.concat(all);
    },
    async skip(count: number): Promise<void> {
      for (let left = count; left > 0; ) {
        const piece = await some(left);
        if (piece.length === 0) return;
        left -= piece.length;
      }
    },
  };
}
