/**
 * Universal Binary JSON, as XGBoost writes it (draft 12, big-endian, `L` lengths, strongly typed arrays). Every read is
 * checked against the bytes that are left, so a short or hostile file ends in one clear error.
 */

import { endianness } from "node:os";
import { invalid } from "@esteira/core/errors";

export type UbjValue =
  | null
  | boolean
  | number
  | string
  | Int8Array
  | Uint8Array
  | Int16Array
  | Int32Array
  | Float32Array
  | Float64Array
  | readonly UbjValue[]
  | { readonly [key: string]: UbjValue };

const MAX_DEPTH = 64;
const IS_LITTLE_ENDIAN = endianness() === "LE";
const TURN = {
  1: (items: Buffer) => items,
  2: (items: Buffer) => items.swap16(),
  4: (items: Buffer) => items.swap32(),
  8: (items: Buffer) => items.swap64(),
} as const;

/** Bytes of a number. */
type ItemSize = keyof typeof TURN;

/**
 * The lists of numbers of one size, one after another. A buffer for each of some thousand lists would take longer than reading them,
 * and so would turning each to the byte order of the machine.
 */
interface Block {
  readonly items: Buffer<ArrayBuffer>;
  filled: number;
}

const MARK = {
  objectStart: 0x7b,
  objectEnd: 0x7d,
  listStart: 0x5b,
  listEnd: 0x5d,
  type: 0x24,
  count: 0x23,
  noop: 0x4e,
} as const;

const show = (marker: number): string =>
  marker > 0x20 && marker < 0x7f
    ? `'${String.fromCharCode(marker)}'`
    : `byte 0x${marker.toString(16).padStart(2, "0")}`;

/** Decodes one UBJSON value that fills `bytes`. Throws INVALID_PARAMETER_VALUE, naming the offset. */
export function parseUbjson(bytes: Uint8Array): UbjValue {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const blocks = new Map<ItemSize, Block>();
  const text = new TextDecoder("utf-8", { fatal: true });
  let at = 0;

  const fail = (problem: string): never => {
    throw invalid(`The model is not valid UBJSON: ${problem} at byte ${at} of ${bytes.length}`);
  };

  /** Moves past `size` bytes and gives where they began. */
  const take = (size: number): number => {
    if (size > bytes.length - at) fail(`the file is truncated, ${size} more bytes are needed`);
    const start = at;
    at += size;
    return start;
  };

  const marker = (): number => {
    let found: number;
    do found = view.getUint8(take(1));
    while (found === MARK.noop);
    return found;
  };

  const int64 = (): number => {
    const big = view.getBigInt64(take(8));
    const value = Number(big);
    if (!Number.isSafeInteger(value)) fail(`the integer ${big} is too large`);
    return value;
  };

  const scalar = (kind: number): UbjValue | undefined => {
    switch (kind) {
      case 0x5a: // Z
        return null;
      case 0x54: // T
        return true;
      case 0x46: // F
        return false;
      case 0x69: // i
        return view.getInt8(take(1));
      case 0x55: // U
        return view.getUint8(take(1));
      case 0x49: // I
        return view.getInt16(take(2));
      case 0x6c: // l
        return view.getInt32(take(4));
      case 0x4c: // L
        return int64();
      case 0x64: // d
        return view.getFloat32(take(4));
      case 0x44: // D
        return view.getFloat64(take(8));
      case 0x43: // C
        return String.fromCharCode(view.getUint8(take(1)));
      case 0x53: // S
        return string();
      default:
        return undefined;
    }
  };

  const length = (): number => {
    const kind = marker();
    if (kind !== 0x69 && kind !== 0x55 && kind !== 0x49 && kind !== 0x6c && kind !== 0x4c)
      return fail(`a length was expected, not ${show(kind)}`);
    const value = scalar(kind) as number;
    if (value < 0) fail(`the length ${value} is negative`);
    return value;
  };

  const string = (): string => {
    const size = length();
    const start = take(size);
    // Keys are short and plain, and come again in each tree: a decoder would take most of the time that reading a model takes.
    let isPlain = size < 64;
    for (let i = start; isPlain && i < at; i++) isPlain = bytes[i]! < 0x80;
    if (isPlain) return file.toString("latin1", start, at);
    try {
      return text.decode(bytes.subarray(start, start + size));
    } catch {
      return fail("a string is not UTF-8");
    }
  };

  const room = (count: number, size: number): void => {
    if (count * size > bytes.length - at) fail(`an array of ${count} items does not fit in the file`);
  };

  /** Copies the next items: the buffer where they lie, where they begin, and their count. They are turned when all is read. */
  const copied = (count: number, size: ItemSize): [ArrayBuffer, number, number] => {
    room(count, size);
    const start = take(count * size);
    let block = blocks.get(size);
    if (block === undefined) {
      // What follows in the file is as much as may still come of this size.
      block = { items: Buffer.from(new ArrayBuffer(bytes.length - start)), filled: 0 };
      blocks.set(size, block);
    }
    const from = block.filled;
    block.filled += file.copy(block.items, from, start, at);
    return [block.items.buffer, from, count];
  };

  /** `[$<type>#<count>`: one allocation, after the count is known to fit in what is left. */
  const typedList = (kind: number, count: number): UbjValue => {
    switch (kind) {
      case 0x69: {
        room(count, 1);
        return Int8Array.from({ length: count }, () => view.getInt8(take(1)));
      }
      case 0x55:
        return new Uint8Array(...copied(count, 1));
      case 0x49:
        return new Int16Array(...copied(count, 2));
      case 0x6c:
        return new Int32Array(...copied(count, 4));
      case 0x4c: {
        room(count, 8);
        const out = new Float64Array(count);
        for (let i = 0; i < count; i++) out[i] = int64();
        return out;
      }
      case 0x64:
        return new Float32Array(...copied(count, 4));
      case 0x44:
        return new Float64Array(...copied(count, 8));
      default:
        return fail(`an array of type ${show(kind)} is not known`);
    }
  };

  const list = (depth: number): UbjValue => {
    const next = marker();
    if (next === MARK.type) {
      const kind = view.getUint8(take(1));
      if (marker() !== MARK.count) fail("a typed array must give its count");
      return typedList(kind, length());
    }
    const items: UbjValue[] = [];
    if (next === MARK.count) {
      const count = length();
      if (count > bytes.length - at) fail(`an array of ${count} items does not fit in the file`);
      for (let i = 0; i < count; i++) items.push(value(marker(), depth + 1));
      return items;
    }
    for (let kind = next; kind !== MARK.listEnd; kind = marker()) items.push(value(kind, depth + 1));
    return items;
  };

  /** A key is a string without its `S`: its length's marker comes first. */
  const record = (depth: number): UbjValue => {
    const entries: { [key: string]: UbjValue } = {};
    let left = Number.POSITIVE_INFINITY;
    const next = marker();
    if (next === MARK.type) fail("objects of one type are not known");
    if (next === MARK.count) {
      left = length();
      if (left > bytes.length - at) fail(`an object of ${left} entries does not fit in the file`);
    } else {
      at--;
    }
    while (left-- > 0) {
      if (marker() === MARK.objectEnd) {
        if (Number.isFinite(left)) fail("an object ends before its count");
        break;
      }
      at--;
      const key = string();
      const item = value(marker(), depth + 1);
      if (key === "__proto__") Object.defineProperty(entries, key, { value: item, enumerable: true });
      else entries[key] = item;
    }
    return entries;
  };

  const value = (kind: number, depth: number): UbjValue => {
    if (depth > MAX_DEPTH) fail(`nesting goes deeper than ${MAX_DEPTH} levels`);
    if (kind === MARK.objectStart) return record(depth);
    if (kind === MARK.listStart) return list(depth);
    const found = scalar(kind);
    return found === undefined ? fail(`the marker ${show(kind)} is not known`) : found;
  };

  const result = value(marker(), 0);
  while (at < bytes.length) {
    if (bytes[at] !== MARK.noop) fail("more bytes follow the end of the model");
    at++;
  }
  if (IS_LITTLE_ENDIAN) for (const [size, { items, filled }] of blocks) TURN[size](items.subarray(0, filled));
  return result;
}
