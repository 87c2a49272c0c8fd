/**
 * Signatures of images where cosign keeps and looks for them: in the image's repository, as manifests whose subject it is (OCI 1.1), and
 * under the tags `sha256-HEX.sig` and `sha256-HEX.att` as well, for registries and tools that know no referrers.
 */

import { createPublicKey, type KeyObject } from "node:crypto";
import { EsteiraError, invalid, notFound } from "@esteira/core/errors";
import { aboutImage, readBlob, readImages } from "../image/image-reader.ts";
import { PREDICATE, PROVENANCE_TYPE } from "../image/provenance.ts";
import { type Descriptor, type Manifest, MEDIA_TYPES, parseDocument } from "../oci/descriptor.ts";
import { sha256 } from "../oci/digest.ts";
import { companionTag, type ImagePlace } from "../registry/place.ts";
import { isSignedBy, keyFingerprint, signBytes } from "./signing-key.ts";
import {
  ENVELOPE_TYPE,
  isSealedFor,
  payloadDigest,
  SIGNATURE,
  SIMPLE_SIGNING_TYPE,
  sealedStatement,
  signedPayload,
} from "./statements.ts";

const artifactType = (kind: "sig" | "att"): string => `application/vnd.dev.cosign.artifact.${kind}.v1+json`;
/** Somebody who may push could leave any number of them. */
const MOST_LOOKED_AT = 200;

export interface SignedImage {
  readonly digest: string;
  /** What was not signed by the key before. */
  readonly isNew: boolean;
  /** Whether its provenance is signed by it too; undefined where there is no provenance. */
  readonly provenance: "signed" | undefined;
}

/**
 * Signs the image that the place's name leads to, and of one for several platforms each of them. What the key has signed already is left as it is.
 *
 * @param repository `HOST/REPOSITORY`, which the signature says
 * @throws EsteiraError RESOURCE_DOES_NOT_EXIST when it is not there
 */
export async function signImage(
  place: ImagePlace,
  repository: string,
  key: KeyObject,
): Promise<readonly SignedImage[]> {
  const { root, images } = await readImages(place);
  const all = new Map([root, ...images.map(({ descriptor }) => descriptor)].map((one) => [one.digest, one]));
  const publicKey = createPublicKey(key);
  const signed: SignedImage[] = [];
  for (const subject of all.values()) {
    const isOld = (await signersOf(place, subject.digest, [publicKey])).length > 0;
    if (!isOld) {
      const payload = signedPayload(repository, subject.digest);
      const annotations = { [SIGNATURE]: signBytes(key, payload).toString("base64") };
      await add(place, subject, "sig", { mediaType: SIMPLE_SIGNING_TYPE, bytes: payload, annotations });
    }
    signed.push({
      ...{ digest: subject.digest, isNew: !isOld },
      provenance: await signProvenance(place, subject, key, publicKey),
    });
  }
  return signed;
}

async function signProvenance(place: ImagePlace, subject: Descriptor, key: KeyObject, publicKey: KeyObject) {
  const [statement] = await aboutImage(place, subject.digest, PROVENANCE_TYPE);
  if (statement === undefined) return undefined;
  if (await isProvenanceSigned(place, subject.digest, [publicKey])) return "signed";
  const bytes = sealedStatement(key, Buffer.from(JSON.stringify(statement)));
  const annotations = { [SIGNATURE]: "", predicateType: PREDICATE };
  await add(place, subject, "att", { mediaType: ENVELOPE_TYPE, bytes, annotations });
  return "signed";
}

interface Part {
  readonly mediaType: string;
  readonly bytes: Uint8Array;
  readonly annotations: Readonly<Record<string, string>>;
}

async function add(place: ImagePlace, subject: Descriptor, kind: "sig" | "att", part: Part): Promise<void> {
  const layer = { ...(await putBytes(place, part.mediaType, part.bytes)), annotations: { ...part.annotations } };
  const manifestOf = async (layers: readonly Descriptor[], more: Partial<Manifest>): Promise<Buffer> => {
    const rootfs = { type: "layers", diff_ids: layers.map(({ digest }) => digest) };
    const config = { architecture: "", os: "", config: {}, rootfs };
    const manifest: Manifest = {
      ...{ schemaVersion: 2, mediaType: MEDIA_TYPES.manifest, artifactType: artifactType(kind) },
      config: await putBytes(place, MEDIA_TYPES.config, Buffer.from(JSON.stringify(config))),
      layers: [...layers],
      ...more,
    };
    return Buffer.from(JSON.stringify(manifest));
  };
  const { mediaType, digest, size } = subject;
  const own = await manifestOf([layer], { subject: { mediaType, digest, size } });
  await place.putDocument(own, described(own));
  const tag = companionTag(digest, kind);
  const before = await place.tagged(tag);
  const others = before === undefined ? [] : await layersOf(place, before);
  const tagged = others.length === 0 ? own : await manifestOf([...others, layer], {});
  await place.tag(tag, tagged, described(tagged));
}

const described = (bytes: Uint8Array): Descriptor => ({
  ...{ mediaType: MEDIA_TYPES.manifest, digest: sha256(bytes), size: bytes.byteLength },
});

async function putBytes(place: ImagePlace, mediaType: string, bytes: Uint8Array): Promise<Descriptor> {
  const descriptor = { mediaType, digest: sha256(bytes), size: bytes.byteLength };
  const open = async (from: number) =>
    (async function* () {
      yield bytes.subarray(from);
    })();
  await place.putBlob(descriptor, open, place);
  return descriptor;
}

async function layersOf(place: ImagePlace, manifest: Descriptor): Promise<readonly Descriptor[]> {
  const bytes = await place.document(manifest);
  const document = parseDocument(bytes, manifest.mediaType, `${manifest.digest} of ${place.shown}`);
  return document.kind === "manifest" ? document.manifest.layers : [];
}

/** The layers of what is kept about an image, in both places, each once. */
async function partsAbout(
  place: ImagePlace,
  digest: string,
  kind: "sig" | "att",
  mediaType: string,
): Promise<readonly Descriptor[]> {
  const tagged = await place.tagged(companionTag(digest, kind));
  const manifests = [...(await place.referrers(digest)), ...(tagged === undefined ? [] : [tagged])];
  const found = new Map<string, Descriptor>();
  for (const manifest of manifests.slice(0, MOST_LOOKED_AT)) {
    for (const layer of await layersOf(place, manifest))
      if (layer.mediaType === mediaType) found.set(JSON.stringify(layer), layer);
  }
  return [...found.values()].slice(0, MOST_LOOKED_AT);
}

/** Which of the keys have signed the image: one for each signature that holds. */
async function signersOf(place: ImagePlace, digest: string, keys: readonly KeyObject[]): Promise<readonly KeyObject[]> {
  const signers: KeyObject[] = [];
  for (const layer of await partsAbout(place, digest, "sig", SIMPLE_SIGNING_TYPE)) {
    const signature = Buffer.from(layer.annotations?.[SIGNATURE] ?? "", "base64");
    const payload = await readBlob(place, layer);
    if (payloadDigest(payload) !== digest) continue;
    signers.push(...keys.filter((key) => isSignedBy(key, payload, signature)));
  }
  return signers;
}

async function isProvenanceSigned(place: ImagePlace, digest: string, keys: readonly KeyObject[]): Promise<boolean> {
  for (const layer of await partsAbout(place, digest, "att", ENVELOPE_TYPE))
    if (isSealedFor(await readBlob(place, layer), digest, keys)) return true;
  return false;
}

export interface VerifiedImage {
  readonly digest: string;
  /** Of the keys that signed it. */
  readonly signers: readonly string[];
  /** Whether one of the keys has signed how it was made. */
  readonly isProvenanceSigned: boolean;
}

/**
 * Refuses the image that the place's name leads to unless one of the keys has signed it.
 *
 * @throws EsteiraError INVALID_STATE where none has, RESOURCE_DOES_NOT_EXIST where there is no image
 */
export async function verifyImage(place: ImagePlace, keys: readonly KeyObject[]): Promise<VerifiedImage> {
  if (keys.length === 0) throw invalid("There is no key to verify by.");
  const found = await place.find();
  if (found === undefined) throw notFound(`There is no image ${place.shown}.`);
  const { digest } = found;
  const signers = new Set((await signersOf(place, digest, keys)).map(keyFingerprint));
  if (signers.size === 0) {
    const parts = await partsAbout(place, digest, "sig", SIMPLE_SIGNING_TYPE);
    const why =
      parts.length === 0
        ? "it has no signature"
        : `none of its ${parts.length} signatures is of this image and by ${keys.map(keyFingerprint).join(" or ")}`;
    throw new EsteiraError("INVALID_STATE", `The image ${place.shown} (${digest}) is not signed as asked: ${why}.`);
  }
  return { digest, signers: [...signers], isProvenanceSigned: await isProvenanceSigned(place, digest, keys) };
}
