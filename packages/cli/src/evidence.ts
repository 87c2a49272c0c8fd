import { createPrivateKey, createPublicKey, type KeyObject, sign } from "node:crypto";
import { invalid } from "@esteira/core/errors";
import { type Evidence, evidenceWire, type SignedEvidence } from "@esteira/core/policy/evidence";
import { canonicalJson, type JsonObject } from "@esteira/core/timeline/json";

/** What is signed of a verdict: its outcome and what it is bound to. */
export function evidenceOf(verdict: unknown, name: string, version: number): Evidence {
  const field = (key: string): unknown =>
    typeof verdict === "object" && verdict !== null ? Reflect.get(verdict, key) : undefined;
  const digests = field("digests");
  const digest = typeof digests === "object" && digests !== null ? { ...digests } : {};
  const bare =
    "model" in digest && typeof digest.model === "string" ? { model: digest.model.replace(/^sha256:/, "") } : {};
  const candidate = {
    format: 1,
    name,
    version,
    at: field("evaluated_at"),
    outcome: field("outcome"),
    digests: { ...digest, ...bare },
  };
  const { data, error } = evidenceWire.safeParse(candidate);
  if (data !== undefined) return data;
  const issue = error?.issues[0];
  throw invalid(`The verdict's ${issue?.path.join(".") || "fields"}: ${issue?.message ?? "not understood"}.`);
}

/** An Ed25519 private key (PEM), as `esteira evidence key` makes it; `file` is for the message. */
export function readKey(pem: string, file: string): KeyObject {
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType === "ed25519") return key;
  } catch {}
  throw invalid(`${file} holds no Ed25519 private key: make one with \`esteira evidence key\`.`);
}

export function signEvidence(evidence: Evidence, key: KeyObject): SignedEvidence {
  const text = canonicalJson({ ...evidence, digests: { ...evidence.digests } } satisfies JsonObject);
  return { evidence, key: publicText(key), signature: sign(null, Buffer.from(text), key).toString("base64") };
}

export const publicText = (key: KeyObject): string =>
  createPublicKey(key).export({ format: "der", type: "spki" }).toString("base64");
