import { z } from "zod";

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** What a gate found of a version, as whoever ran it signs it: its digests bind it to the model, data, gate and code. */
export const evidenceWire = z.strictObject({
  format: z.literal(1),
  /** The registered model and its version. */
  name: z.string().min(1),
  version: z.int().positive(),
  /** When the gate was evaluated, milliseconds since the epoch. */
  at: z.int().positive(),
  outcome: z.enum(["passed", "refused"]),
  digests: z.strictObject({ model: sha256, data: z.string().min(1), gate: z.string().min(1), code: z.string().min(1) }),
});
export type Evidence = z.output<typeof evidenceWire>;

/** `key` is the DER of a SubjectPublicKeyInfo (Ed25519) in base64, `signature` is over the canonical JSON of `evidence`. */
export const signedEvidenceWire = z.strictObject({
  evidence: evidenceWire,
  key: z.base64().min(1),
  signature: z.base64().min(1),
});
export type SignedEvidence = z.output<typeof signedEvidenceWire>;
