import { z } from "zod";

/** How two runs are told that one was made to repeat the other, and what came of it. Both carry the verdict. */
export const REPRODUCTION_TAGS = {
  /** On the new run: the run that it repeats. */
  of: "esteira.reproduction.of",
  /** On the repeated run: the last run that repeated it. */
  run: "esteira.reproduction.run",
  /** `reproduced` or `differs`. */
  outcome: "esteira.reproduction.verdict",
  /** SHA-256 of the verdict's file. */
  sha256: "esteira.reproduction.sha256",
  /** The id of the key that signed it. */
  key: "esteira.reproduction.key",
} as const;

/** Artifacts of the new run. The signature is of the verdict's bytes. */
export const VERDICT_FILE = "reproduction/verdict.json";
export const SIGNATURE_FILE = "reproduction/signature.json";

const difference = z.object({
  name: z.string(),
  a: z.string().optional(),
  b: z.string().optional(),
  detail: z.string().optional(),
});
const named = z.object({ group: z.string(), name: z.string(), why: z.string() });
const digests = z.record(z.string(), z.string());

/** What a reproduction found. Of each difference `a` is the repeated run's value, `b` the new run's. */
export const verdictFile = z.object({
  format: z.literal("esteira.reproduction/1"),
  original: z.string(),
  reproduction: z.string(),
  /** When, in ISO 8601. */
  at: z.string(),
  outcome: z.enum(["reproduced", "differs"]),
  /** `tolerance` where a metric is equal only within what was allowed. */
  agreement: z.enum(["bitwise", "tolerance"]).optional(),
  tolerances: z.array(z.object({ metric: z.string(), tolerance: z.number() })),
  /** Why it differs, the likeliest first. */
  causes: z.array(z.object({ kind: z.string(), text: z.string() })),
  differences: z.record(z.string(), z.array(difference)),
  withinTolerance: z.array(difference),
  /** How many things were found equal. */
  equal: z.record(z.string(), z.number()),
  notCompared: z.array(named),
  /** What could not be checked before it was run. */
  notVerified: z.array(z.string()),
  /** SHA-256 of what each run says, by group: who reads the runs again can compute them again. */
  evidence: z.object({ original: digests, reproduction: digests }),
});
export type Verdict = z.output<typeof verdictFile>;

export const signatureFile = z.object({
  algorithm: z.literal("Ed25519"),
  keyId: z.string(),
  /** The public key: SubjectPublicKeyInfo in base64. */
  publicKey: z.string(),
  /** Of the bytes of the verdict's file, in base64. */
  signature: z.string(),
});
export type VerdictSignature = z.output<typeof signatureFile>;
