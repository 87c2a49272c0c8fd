import { createCipheriv, createDecipheriv, createHmac, randomBytes, timingSafeEqual } from "node:crypto";

/**
 * Fernet tokens (github.com/fernet/spec): what MLflow keeps its webhooks' secrets in. A key is 32 bytes in URL-safe
 * base64: 16 that sign, 16 that encrypt.
 */
const VERSION = 0x80;
const HEAD = 1 + 8;
const BLOCK = 16;
const MAC = 32;

export interface FernetKey {
  readonly signing: Buffer;
  readonly encryption: Buffer;
}

/** Undefined for a text that is no key. */
export function parseFernetKey(text: string): FernetKey | undefined {
  const bytes = Buffer.from(text.trim(), "base64url");
  return bytes.length === 32 ? { signing: bytes.subarray(0, 16), encryption: bytes.subarray(16) } : undefined;
}

export const newFernetKey = (): string => `${randomBytes(32).toString("base64url")}=`;

const macOf = (key: FernetKey, signed: Buffer): Buffer => createHmac("sha256", key.signing).update(signed).digest();

/** `now` is in milliseconds since the epoch. */
export function encryptFernet(key: FernetKey, text: string, now: number): string {
  const iv = randomBytes(BLOCK);
  const head = Buffer.alloc(HEAD);
  head.writeUInt8(VERSION, 0);
  head.writeBigUInt64BE(BigInt(Math.floor(now / 1000)), 1);
  const cipher = createCipheriv("aes-128-cbc", key.encryption, iv);
  const signed = Buffer.concat([head, iv, cipher.update(text, "utf8"), cipher.final()]);
  const token = Buffer.concat([signed, macOf(key, signed)]).toString("base64url");
  return token + "=".repeat((4 - (token.length % 4)) % 4);
}

/** Undefined when the token was changed, or made with another key. */
export function decryptFernet(key: FernetKey, token: string): string | undefined {
  const bytes = Buffer.from(token, "base64url");
  if (bytes.length < HEAD + BLOCK + BLOCK + MAC || bytes[0] !== VERSION) return undefined;
  const signed = bytes.subarray(0, bytes.length - MAC);
  if (!timingSafeEqual(macOf(key, signed), bytes.subarray(bytes.length - MAC))) return undefined;
  const decipher = createDecipheriv("aes-128-cbc", key.encryption, signed.subarray(HEAD, HEAD + BLOCK));
  return Buffer.concat([decipher.update(signed.subarray(HEAD + BLOCK)), decipher.final()]).toString("utf8");
}
