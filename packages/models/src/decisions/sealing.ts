/**
 * What is personal of a decision, encrypted under a key that is used once. The keys lie beside the chain, in slots of fixed
 * size: a key that is overwritten makes its record unreadable wherever copies of it are (crypto-shredding), and the chain,
 * which is over the encrypted bytes, verifies as before.
 */

import { createCipheriv, createDecipheriv, createHmac, hash, timingSafeEqual } from "node:crypto";
import { MOST_SUBJECTS } from "./decision.ts";

const KEY_BYTES = 32;
const TAG_BYTES = 16;
const SEAL_BYTES = 16;
/** A key, and by which of whom it is found: pseudonyms of the subjects. */
export const SLOT_BYTES = KEY_BYTES + MOST_SUBJECTS * TAG_BYTES;

/** Each key seals one text, so that one nonce for all is none twice under a key. */
const NONCE = Buffer.alloc(12);

export const commitmentOf = (key: Uint8Array): string => hash("sha256", key);

/** AES-256-GCM; `open` is what the seal is bound to. */
export function seal(key: Uint8Array, open: string, text: string): Buffer {
  const cipher = createCipheriv("aes-256-gcm", key, NONCE);
  cipher.setAAD(Buffer.from(open));
  return Buffer.concat([cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
}

/** Undefined when the key, what is sealed or what it is bound to was changed. */
export function unseal(key: Uint8Array, open: string, sealed: Buffer): string | undefined {
  const end = sealed.length - SEAL_BYTES;
  if (end < 0) return undefined;
  const decipher = createDecipheriv("aes-256-gcm", key, NONCE, { authTagLength: SEAL_BYTES });
  decipher.setAAD(Buffer.from(open));
  decipher.setAuthTag(sealed.subarray(end));
  try {
    return decipher.update(sealed.subarray(0, end), undefined, "utf8") + decipher.final("utf8");
  } catch {
    return undefined;
  }
}

/** A subject as slots know it: without the folder's own key nobody can try names. */
export const pseudonym = (folderKey: Uint8Array, subject: string): Buffer =>
  createHmac("sha256", folderKey).update(subject).digest().subarray(0, TAG_BYTES);

/** The slot of a key; `subjects` are pseudonyms. */
export function writeSlot(key: Uint8Array, subjects: readonly Uint8Array[]): Buffer {
  const slot = Buffer.alloc(SLOT_BYTES);
  slot.set(key);
  subjects.slice(0, MOST_SUBJECTS).forEach((tag, at) => {
    slot.set(tag, KEY_BYTES + at * TAG_BYTES);
  });
  return slot;
}

export const keyOf = (slot: Uint8Array): Uint8Array => slot.subarray(0, KEY_BYTES);

/** Whether the slot's record is about the subject of this pseudonym. */
export function isAbout(slot: Uint8Array, tag: Uint8Array): boolean {
  for (let at = KEY_BYTES; at < SLOT_BYTES; at += TAG_BYTES)
    if (timingSafeEqual(slot.subarray(at, at + TAG_BYTES), tag)) return true;
  return false;
}

/** Whether the slot was overwritten. */
export const isErased = (slot: Uint8Array): boolean => slot.every((byte) => byte === 0);
