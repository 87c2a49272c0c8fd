import { type Tag, tagValue } from "@esteira/core/entities/tag";
import { REPRODUCTION_TAGS, signatureFile, type Verdict, verdictFile } from "@esteira/core/reproduction";

/** Two runs, one of which was made to repeat the other, as a run's tags name them. */
export interface Reproduction {
  readonly original: string;
  /** The run that keeps the verdict. */
  readonly by: string;
}

/** What a run has to do with a reproduction; undefined when it has nothing, or no verdict was reached. */
export function reproductionOf(id: string, tags: readonly Tag[]): Reproduction | undefined {
  if (tagValue(tags, REPRODUCTION_TAGS.outcome) === undefined) return undefined;
  const of = tagValue(tags, REPRODUCTION_TAGS.of);
  const by = tagValue(tags, REPRODUCTION_TAGS.run);
  // A reproduction that was reproduced in turn shows the verdict on itself.
  if (by !== undefined) return { original: id, by };
  return of === undefined ? undefined : { original: of, by: id };
}

export type CheckedVerdict =
  /** The key of this id has signed the verdict; whose key that is, a browser does not know. */
  | { readonly state: "signed"; readonly verdict: Verdict; readonly keyId: string }
  /** This browser, or a page that was not loaded over TLS, cannot check Ed25519. */
  | { readonly state: "unchecked"; readonly verdict: Verdict; readonly keyId: string }
  | { readonly state: "invalid" };

/** Checks that a verdict is about these runs and is what its key has signed. */
export async function checkVerdict(
  bytes: Uint8Array<ArrayBuffer>,
  signature: string,
  { original, by }: Reproduction,
  subtle: SubtleCrypto | undefined = globalThis.crypto?.subtle,
): Promise<CheckedVerdict> {
  const verdict = parsed(verdictFile, new TextDecoder().decode(bytes));
  const signed = parsed(signatureFile, signature);
  if (verdict === undefined || signed === undefined) return { state: "invalid" };
  if (verdict.original !== original || verdict.reproduction !== by) return { state: "invalid" };
  const { keyId } = signed;
  if (subtle === undefined) return { state: "unchecked", verdict, keyId };
  const publicKey = fromBase64(signed.publicKey);
  const key = await subtle.importKey("spki", publicKey, { name: "Ed25519" }, false, ["verify"]).catch(() => undefined);
  if (key === undefined) return { state: "unchecked", verdict, keyId };
  const digest = new Uint8Array(await subtle.digest("SHA-256", publicKey));
  const isItsKey = keyId === `SHA256:${btoa(String.fromCharCode(...digest)).replace(/=+$/, "")}`;
  const isSigned = await subtle.verify({ name: "Ed25519" }, key, fromBase64(signed.signature), bytes);
  return isItsKey && isSigned ? { state: "signed", verdict, keyId } : { state: "invalid" };
}

/** A person compares the first characters of a digest or commit. */
export const shortened = (text: string): string => text.replace(/\b([0-9a-f]{12})[0-9a-f]{20,52}\b/g, "$1");

function parsed<T>(schema: { parse(value: unknown): T }, text: string): T | undefined {
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return new Uint8Array();
  }
}
