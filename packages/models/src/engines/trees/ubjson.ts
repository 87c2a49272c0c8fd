/**
 * Universal Binary JSON, as XGBoost writes it (draft 12, big-endian, `L` lengths, strongly typed arrays). Every read is
 * checked against the bytes that are left, so a short or hostile file ends in one clear error.
 */

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
    try {
      return text.decode(bytes.subarray(start, start + size));
    } catch {
      return fail("a string is not UTF-8");
    }
  };

  /** `[$<type>#<count>`: one allocation, after the count is known to fit in what is left. */
  const typedList = (kind: number, count: number): UbjValue => {
    const room = (size: number): void => {
      if (count * size > bytes.length - at) fail(`an array of ${count} items does not fit in the file`);
    };
    switch (kind) {
      case 0x69: {
        room(1);
        return Int8Array.from({ length: count }, () => view.getInt8(take(1)));
      }
      case 0x55: {
        room(1);
        const start = take(count);
        return bytes.slice(start, start + count);
      }
      case 0x49: {
        room(2);
        const out = new Int16Array(count);
        for (let i = 0; i < count; i++, at += 2) out[i] = view.getInt16(at);
        return out;
      }
      case 0x6c: {
        room(4);
        const out = new Int32Array(count);
        for (let i = 0; i < count; i++, at += 4) out[i] = view.getInt32(at);
        return out;
      }
      case 0x4c: {
        room(8);
        const out = new Float64Array(count);
        for (let i = 0; i < count; i++) out[i] = int64();
        return out;
      }
      case 0x64: {
        room(4);
        const out = new Float32Array(count);
        for (let i = 0; i < count; i++, at += 4) out[i] = view.getFloat32(at);
        return out;
      }
      case 0x44: {
        room(8);
        const out = new Float64Array(count);
        for (let i = 0; i < count; i++, at += 8) out[i] = view.getFloat64(at);
        return out;
      }
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
    const entries: [string, UbjValue][] = [];
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
      entries.push([key, value(marker(), depth + 1)]);
    }
    return Object.fromEntries(entries);
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
  return result;
}
