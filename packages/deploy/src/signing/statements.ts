/** What is signed of an image: that it is this one (simple signing), and how it was made (an in-toto statement in a DSSE envelope). */

import type { KeyObject } from "node:crypto";
import { z } from "zod";
import { isSignedBy, signBytes } from "./signing-key.ts";

export const SIMPLE_SIGNING_TYPE = "application/vnd.dev.cosign.simplesigning.v1+json";
export const ENVELOPE_TYPE = "application/vnd.dsse.envelope.v1+json";
/** The annotation of a layer that holds what is signed. */
export const SIGNATURE = "dev.cosignproject.cosign/signature";

const KIND = "cosign container image signature";
const PAYLOAD_TYPE = "application/vnd.in-toto+json";

/** @param repository `HOST/REPOSITORY`, as whoever signs it calls it */
export const signedPayload = (repository: string, digest: string): Uint8Array =>
  Buffer.from(
    JSON.stringify({
      critical: {
        identity: { "docker-reference": repository },
        image: { "docker-manifest-digest": digest },
        type: KIND,
      },
      optional: null,
    }),
  );

const payloadWire = z.object({
  critical: z.object({ image: z.object({ "docker-manifest-digest": z.string() }), type: z.literal(KIND) }),
});

/** The digest of the image that a payload speaks of; undefined where it is none. */
export const payloadDigest = (payload: Uint8Array): string | undefined =>
  payloadWire.safeParse(parsed(payload)).data?.critical.image["docker-manifest-digest"];

/** What is signed of an envelope (DSSE 1.0.2): lengths keep the parts apart. */
const authenticated = (type: string, payload: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from(`DSSEv1 ${Buffer.byteLength(type)} ${type} ${payload.byteLength} `), payload]);

export const sealedStatement = (key: KeyObject, statement: Uint8Array): Uint8Array =>
  Buffer.from(
    JSON.stringify({
      payloadType: PAYLOAD_TYPE,
      payload: Buffer.from(statement).toString("base64"),
      signatures: [{ keyid: "", sig: signBytes(key, authenticated(PAYLOAD_TYPE, statement)).toString("base64") }],
    }),
  );

const envelopeWire = z.object({
  payloadType: z.literal(PAYLOAD_TYPE),
  payload: z.base64(),
  signatures: z.array(z.object({ sig: z.base64() })).min(1),
});
const statementWire = z.object({ subject: z.array(z.object({ digest: z.record(z.string(), z.string()) })) });

/** Whether an envelope holds a statement about the image, signed by one of the keys. */
export function isSealedFor(envelope: Uint8Array, digest: string, keys: readonly KeyObject[]): boolean {
  const { data } = envelopeWire.safeParse(parsed(envelope));
  if (data === undefined) return false;
  const payload = Buffer.from(data.payload, "base64");
  const bytes = authenticated(data.payloadType, payload);
  if (!data.signatures.some(({ sig }) => keys.some((key) => isSignedBy(key, bytes, Buffer.from(sig, "base64")))))
    return false;
  const statement = statementWire.safeParse(parsed(payload)).data;
  return statement?.subject.some((one) => `sha256:${one.digest.sha256}` === digest) === true;
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch {
    return undefined;
  }
}
