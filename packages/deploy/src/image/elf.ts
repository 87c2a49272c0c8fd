/** What a program of Linux says that it needs, read from its file: so nothing of another processor has to be run. */

import { open } from "node:fs/promises";
import { invalid } from "@esteira/core/errors";

export interface ElfFacts {
  /** `amd64` or `arm64`, as images name it. */
  readonly architecture: "amd64" | "arm64";
  /** What loads it, an absolute path; undefined of libraries. */
  readonly loader: string | undefined;
  /** Names of libraries, such as `libc.so.6`. */
  readonly needed: readonly string[];
}

const MACHINES: Readonly<Record<number, ElfFacts["architecture"]>> = { 62: "amd64", 183: "arm64" };
const LOAD = 1;
const DYNAMIC = 2;
const INTERPRETER = 3;
const NEEDED = 1n;
const STRINGS = 5n;
/** Tables of names are small beside this, in bytes. */
const LIMIT = 1 << 24;

/** Undefined for what is no program or library of Linux. @throws EsteiraError INVALID_PARAMETER_VALUE for one of another kind of processor. */
export async function readElf(file: string): Promise<ElfFacts | undefined> {
  const handle = await open(file);
  try {
    const read = async (at: number, size: number): Promise<Buffer> => {
      if (size > LIMIT) throw invalid(`${file} is damaged: a table in it has ${size} bytes.`);
      const bytes = Buffer.alloc(size);
      const { bytesRead } = await handle.read(bytes, 0, size, at);
      return bytes.subarray(0, bytesRead);
    };
    const header = await read(0, 64);
    if (header.length < 64 || header.readUInt32BE(0) !== 0x7f454c46) return undefined;
    const architecture = MACHINES[header.readUInt16LE(18)];
    if (header[4] !== 2 || header[5] !== 1 || architecture === undefined)
      throw invalid(`${file} is no program for amd64 or arm64.`);
    const [at, size, count] = [Number(header.readBigUInt64LE(32)), header.readUInt16LE(54), header.readUInt16LE(56)];
    const table = await read(at, size * count);
    const segments = Array.from({ length: Math.floor(table.length / size) }, (_, place) => {
      const entry = table.subarray(place * size);
      return {
        type: entry.readUInt32LE(0),
        at: Number(entry.readBigUInt64LE(8)),
        address: entry.readBigUInt64LE(16),
        size: Number(entry.readBigUInt64LE(32)),
      };
    });
    const of = (type: number) => segments.find((segment) => segment.type === type);
    const [interpreter, dynamic] = [of(INTERPRETER), of(DYNAMIC)];
    const loader = interpreter && textAt(await read(interpreter.at, interpreter.size), 0);
    if (dynamic === undefined) return { architecture, loader, needed: [] };
    const entries = await read(dynamic.at, dynamic.size);
    const tags = Array.from({ length: Math.floor(entries.length / 16) }, (_, place) => ({
      tag: entries.readBigUInt64LE(place * 16),
      value: entries.readBigUInt64LE(place * 16 + 8),
    }));
    const address = tags.find(({ tag }) => tag === STRINGS)?.value ?? 0n;
    const holding = segments.find(
      ({ type, address: from, size: bytes }) => type === LOAD && address >= from && address < from + BigInt(bytes),
    );
    if (holding === undefined) throw invalid(`${file} is damaged: the names of what it needs are not in it.`);
    const start = Number(address - holding.address);
    const strings = await read(holding.at + start, Math.min(LIMIT, holding.size - start));
    const needed = tags.filter(({ tag }) => tag === NEEDED).map(({ value }) => textAt(strings, Number(value)));
    return { architecture, loader, needed };
  } finally {
    await handle.close();
  }
}

function textAt(bytes: Buffer, at: number): string {
  const end = bytes.indexOf(0, at);
  return bytes.subarray(at, end === -1 ? bytes.length : end).toString("utf8");
}
