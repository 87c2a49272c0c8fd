import { createHash } from "node:crypto";
import { signatureFile, type Verdict, type VerdictSignature, verdictFile } from "@esteira/core/reproduction";
import type { z } from "zod";

/** A verdict as it was read from a run: the bytes that were signed, and what they say. */
export interface ReadVerdict {
  readonly verdict: Verdict;
  readonly signature: VerdictSignature;
  readonly sha256: string;
}

/** @returns why it cannot be read, where it cannot. */
export function readVerdict(bytes: Uint8Array, signature: Uint8Array): ReadVerdict | { readonly fault: string } {
  const verdict = parsed(verdictFile, bytes);
  if (verdict === undefined) return { fault: "the verdict's file is not one of this format" };
  const signed = parsed(signatureFile, signature);
  if (signed === undefined) return { fault: "the signature's file is not one of this format" };
  return { verdict, signature: signed, sha256: sha256(bytes) };
}

function parsed<T extends z.ZodType>(schema: T, bytes: Uint8Array): z.output<T> | undefined {
  try {
    return schema.parse(JSON.parse(Buffer.from(bytes).toString("utf8")));
  } catch {
    return undefined;
  }
}

export const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
