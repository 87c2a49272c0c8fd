/** Keys that images are signed with: Ed25519 or ECDSA on P-256, in PEM, as cosign and openssl have them. */

import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import { invalid } from "@esteira/core/errors";

const isCurve = (key: KeyObject): boolean => key.asymmetricKeyDetails?.namedCurve === "prime256v1";
const isKnown = (key: KeyObject): boolean =>
  key.asymmetricKeyType === "ed25519" || (key.asymmetricKeyType === "ec" && isCurve(key));

/**
 * @param pem a private key (PKCS #8, or SEC 1 for P-256), without a password
 * @param file for the message
 * @throws EsteiraError INVALID_PARAMETER_VALUE
 */
export function readSigningKey(pem: string, file: string): KeyObject {
  if (/ENCRYPTED/.test(pem))
    throw invalid(`${file} is a private key under a password, which Esteira does not ask for: give one without.`);
  try {
    const key = createPrivateKey(pem);
    if (isKnown(key)) return key;
  } catch {
    // No key at all: said below.
  }
  throw invalid(
    `${file} holds no private key that images are signed with: expected Ed25519 or ECDSA P-256 in PEM (esteira evidence key makes one).`,
  );
}

/** The public key of a file that holds it, or the private one. @throws EsteiraError INVALID_PARAMETER_VALUE */
export function readVerifyingKey(pem: string, file: string): KeyObject {
  try {
    const key = createPublicKey(pem);
    if (isKnown(key)) return key;
  } catch {
    // No key at all: said below.
  }
  throw invalid(`${file} holds no public key that Esteira verifies by: expected Ed25519 or ECDSA P-256 in PEM.`);
}

const hashOf = (key: KeyObject): string | null => (key.asymmetricKeyType === "ed25519" ? null : "sha256");

export const signBytes = (key: KeyObject, bytes: Uint8Array): Buffer => sign(hashOf(key), bytes, key);

export function isSignedBy(key: KeyObject, bytes: Uint8Array, signature: Uint8Array): boolean {
  try {
    return verify(hashOf(key), bytes, key, signature);
  } catch {
    // Bytes that are no signature at all.
    return false;
  }
}

/** SHA-256 of the public key (SubjectPublicKeyInfo in DER), by which people compare keys. */
export const keyFingerprint = (key: KeyObject): string =>
  `sha256:${createHash("sha256")
    .update((key.type === "private" ? createPublicKey(key) : key).export({ type: "spki", format: "der" }))
    .digest("hex")}`;
