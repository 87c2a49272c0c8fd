import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/** 43 characters of 62 kinds hold 256 bits. */
const SECRET_CHARACTERS = 43;
const ID_CHARACTERS = 12;
const TOKEN = /^est_([0-9A-Za-z]{12})_([0-9A-Za-z]{43})$/;

/** The hash under which a random secret is kept. It has 256 bits of its own, so one round of SHA-256 is enough. */
export const hashSecret = (secret: string): string => createHash("sha256").update(secret).digest("hex");

export const randomSecret = (): string => randomBytes(32).toString("base64url");

/** In a time that does not depend on where two hashes differ. */
export const sameHash = (a: string, b: string): boolean => {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
};

/** A new service token: the prefix lets scanners find one that has leaked, the id finds its row. */
export function newToken(): { readonly id: string; readonly token: string } {
  const id = randomText(ID_CHARACTERS);
  return { id, token: `est_${id}_${randomText(SECRET_CHARACTERS)}` };
}

/** The id in a token; undefined when the text is no token of this server. */
export const tokenId = (text: string): string | undefined => TOKEN.exec(text)?.[1];

function randomText(length: number): string {
  let text = "";
  while (text.length < length) {
    // 248 is the greatest multiple of 62 below 256: the bytes above would favour some characters.
    for (const byte of randomBytes(length)) {
      if (byte < 248 && text.length < length) text += ALPHABET[byte % 62];
    }
  }
  return text;
}
