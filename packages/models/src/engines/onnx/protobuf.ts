/** The wire format of Protocol Buffers, as far as an ONNX file needs it: fields read in order, and written back. */

import { invalid } from "@esteira/core/errors";

export interface Field {
  readonly number: number;
  /** Of a whole number; 0 for other kinds of field. */
  readonly value: number;
  /** Of a message, text or packed list; empty for other kinds of field. */
  readonly bytes: Uint8Array;
  /** Where the field, its key included, stands in the message. */
  readonly start: number;
  readonly end: number;
}

const NOTHING = new Uint8Array();
const [VARINT, FIXED64, LENGTH, FIXED32] = [0, 1, 2, 5];

const broken = (): Error => invalid("The file is no ONNX model, or not all of it");

/** The fields of one message. Throws INVALID_PARAMETER_VALUE where the bytes are no message, or end in the middle of one. */
export function* fieldsOf(message: Uint8Array): Generator<Field> {
  let at = 0;
  const varint = (): number => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = message[at++];
      if (byte === undefined) throw broken();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return Number(BigInt.asIntN(64, value));
    }
    throw broken();
  };
  /** Most numbers are of one byte: a file holds millions of them. */
  const number = (): number => (message[at]! < 0x80 ? message[at++]! : varint());
  while (at < message.length) {
    const start = at;
    const key = number();
    const kind = key & 7;
    const size = kind === FIXED64 ? 8 : kind === FIXED32 ? 4 : kind === LENGTH ? number() : 0;
    if (key < 8 || size < 0 || at + size > message.length) throw broken();
    const value = kind === VARINT ? number() : 0;
    if (![VARINT, FIXED64, LENGTH, FIXED32].includes(kind)) throw broken();
    const bytes = kind === LENGTH ? message.subarray(at, at + size) : NOTHING;
    at += size;
    yield { number: key >>> 3, value, bytes, start, end: at };
  }
}

/** All fields of a number. */
export const fieldsNumbered = (message: Uint8Array, number: number): Field[] =>
  Array.from(fieldsOf(message)).filter((field) => field.number === number);

export function textOf(message: Uint8Array, number: number): string {
  const field = fieldsNumbered(message, number).at(-1);
  return field === undefined ? "" : Buffer.from(field.bytes).toString("utf8");
}

function varintBytes(value: number): number[] {
  const out: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 128)) out.push((rest % 128) | 0x80);
  return [...out, rest];
}

/** A whole number that is not negative, as a field. */
export const numberField = (number: number, value: number): Uint8Array =>
  Uint8Array.from([...varintBytes(number * 8 + VARINT), ...varintBytes(value)]);

/** A message or text as a field. */
export const bytesField = (number: number, ...parts: readonly Uint8Array[]): Uint8Array => {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([Uint8Array.from([...varintBytes(number * 8 + LENGTH), ...varintBytes(length)]), ...parts]);
};
