import { createHash, createPublicKey, verify } from "node:crypto";
import { canonicalJson } from "@esteira/core/timeline/json";
import type { Checkpoint, KeyRecord, Seal } from "@esteira/core/wire/timeline";

/** What is signed of a record: all of it but the signature. */
export const signedText = ({ signature: _, ...record }: Seal): string => canonicalJson(record);

/** SHA-256 of a public key, in hexadecimal. `publicKey` is the DER of a SubjectPublicKeyInfo, in base64. */
export const fingerprint = (publicKey: string): string =>
  createHash("sha256").update(publicKey, "base64").digest("hex");

export function isSignedBy(record: Seal, publicKey: string): boolean {
  try {
    const key = createPublicKey({ key: Buffer.from(publicKey, "base64"), format: "der", type: "spki" });
    if (key.asymmetricKeyType !== "ed25519") return false;
    return verify(null, Buffer.from(signedText(record)), key, Buffer.from(record.signature, "base64"));
  } catch {
    return false;
  }
}

export interface SealReport {
  /** Those that are rightly signed. */
  readonly checkpoints: readonly Checkpoint[];
  readonly keys: readonly KeyRecord[];
  readonly faults: readonly string[];
}

/**
 * Which of the records hold. `trusted` is the fingerprint of a key that the reader knows from elsewhere: without it a
 * forger who wrote all records anew would pass.
 */
export function verifySeals(seals: readonly Seal[], trusted?: string): SealReport {
  const keys: KeyRecord[] = [];
  const checkpoints: Checkpoint[] = [];
  const faults: string[] = [];
  for (const [index, seal] of seals.entries()) {
    const current = keys.at(-1);
    const line = `line ${index + 1} of the checkpoints`;
    if (seal.kind === "key") {
      const signer = current?.public ?? seal.public;
      if (isSignedBy(seal, signer) && fingerprint(seal.public) === seal.key) keys.push(seal);
      else faults.push(`${line} names a key that the one before it did not sign`);
    } else if (current !== undefined && seal.key === current.key && isSignedBy(seal, current.public))
      checkpoints.push(seal);
    else faults.push(`${line} is not signed by the key that was in use`);
  }
  if (trusted !== undefined && !keys.some(({ key }) => key === trusted)) {
    faults.push(`the checkpoints are signed by other keys than ${trusted}`);
  }
  return { checkpoints, keys, faults };
}
