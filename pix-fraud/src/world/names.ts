/** The names that a simulated transfer, account and device carry outside: unique, and telling nothing. */
import { mix32 } from "./random.ts";

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

function base62(value: number, length: number): string {
  let rest = value;
  let text = "";
  for (let i = 0; i < length; i++) {
    text = ALPHABET[rest % 62]! + text;
    rest = Math.floor(rest / 62);
  }
  return text;
}

const two = (value: number): string => String(value).padStart(2, "0");

/**
 * An endToEndId as the Banco Central specifies it: E, eight digits of ISPB, yyyyMMddHHmm in UTC, eleven alphanumerics. Six of
 * the eleven are a bijection of the row, so that no two rows of a ledger share an id.
 */
export function endToEndId(ispb: string, time: number, row: number, seed: number): string {
  const at = new Date(time);
  const minute = `${at.getUTCFullYear()}${two(at.getUTCMonth() + 1)}${two(at.getUTCDate())}${two(at.getUTCHours())}${two(at.getUTCMinutes())}`;
  const unique = mix32(row ^ mix32(seed));
  const filler = mix32(unique ^ 0x5bd1e995);
  return `E${ispb}${minute}${base62(unique, 6)}${base62(filler, 5)}`;
}

const hexadecimal = (value: number): string => value.toString(16).padStart(8, "0");

function name(prefix: string, entity: number, seed: number): string {
  const unique = mix32(entity ^ mix32(seed ^ 0x2545f491));
  return `${prefix}${hexadecimal(unique)}${hexadecimal(mix32(unique ^ 0x1b873593))}`;
}

export const accountName = (entity: number, seed: number): string => name("a", entity, seed);
export const deviceName = (entity: number, seed: number): string => name("d", entity, seed);
