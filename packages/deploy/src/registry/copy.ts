/**
 * Copies an image from one place to another: the bytes of its documents as they are, so its digest stays. What a name leads to
 * is looked up once, at the start; all else goes by digest. What is there already is not sent, so a copy that was stopped goes on.
 */

import { invalid, notFound } from "@esteira/core/errors";
import { z } from "zod";
import {
  type Descriptor,
  namedBy,
  type Platform,
  parseDocument,
  platformText,
  platformWire,
} from "../oci/descriptor.ts";
import { sha256 } from "../oci/digest.ts";
import { companionTag, type ImagePlace } from "./place.ts";

export interface CopyOptions {
  /** `linux/arm64`: this one of an index; all of them otherwise. */
  readonly platform?: string | undefined;
  /** What is about the image goes along: its SBOM, its provenance, its signatures. */
  readonly isWithReferrers?: boolean;
  /** So many blobs at once. */
  readonly concurrency?: number;
  readonly watch?: CopyWatch;
}

export interface CopyWatch {
  /** A blob that has to be sent, before its first byte. */
  begins(blob: Descriptor): void;
  passed(blob: Descriptor, bytes: number): void;
  done(blob: Descriptor, outcome: "present" | "mounted" | "uploaded"): void;
}

export interface Copied {
  readonly descriptor: Descriptor;
  readonly blobs: Readonly<Record<"present" | "mounted" | "uploaded", number>>;
  /** Bytes that were sent. */
  readonly bytes: number;
  /** Manifests that are about the image, copied too. */
  readonly referrers: number;
  /** What the source's name leads to by now, when somebody has moved it meanwhile. */
  readonly movedTo?: string;
}

const CONCURRENCY = 4;

/** @throws EsteiraError RESOURCE_DOES_NOT_EXIST when the source is not there, and what the places throw */
export async function copyImage(from: ImagePlace, to: ImagePlace, options: CopyOptions = {}): Promise<Copied> {
  const pinned = await from.find();
  if (pinned === undefined) throw notFound(`There is no image ${from.shown}.`);
  const root = options.platform === undefined ? pinned : await ofPlatform(from, pinned, options.platform);
  const atOnce = gate(options.concurrency ?? CONCURRENCY);
  const blobs = { present: 0, mounted: 0, uploaded: 0 };
  const sent = new Map<string, Promise<void>>();
  let bytes = 0;
  let referrers = 0;

  const copyBlob = async (blob: Descriptor): Promise<void> => {
    const { watch } = options;
    const open = async (at: number): Promise<AsyncIterable<Uint8Array>> => {
      const source = await from.blob(blob, at);
      watch?.begins(blob);
      return counted(source, (count) => {
        bytes += count;
        watch?.passed(blob, count);
      });
    };
    const outcome = await to.putBlob(blob, open, from);
    blobs[outcome] += 1;
    watch?.done(blob, outcome);
  };
  const blobOnce = (blob: Descriptor): Promise<void> => {
    const copying = sent.get(blob.digest) ?? atOnce(() => copyBlob(blob));
    sent.set(blob.digest, copying);
    return copying;
  };

  const seen = new Set<string>();
  const copyDocument = async (descriptor: Descriptor, isRoot: boolean): Promise<void> => {
    if (seen.has(descriptor.digest)) return;
    seen.add(descriptor.digest);
    const content = await from.document(descriptor);
    if (sha256(content) !== descriptor.digest) throw invalid(`${descriptor.digest} of ${from.shown} is damaged.`);
    const document = parseDocument(content, descriptor.mediaType, `${descriptor.digest} of ${from.shown}`);
    const isThere = await to.hasWhole(descriptor);
    const named = namedBy(document);
    if (document.kind === "index") for (const manifest of named) await copyDocument(manifest, false);
    else if (!isThere) await allOf(named.map(blobOnce));
    if (isRoot) await to.name(content, descriptor);
    else if (!isThere) await to.putDocument(content, descriptor);
    if (options.isWithReferrers !== true) return;
    for (const { mediaType, digest, size } of await from.referrers(descriptor.digest)) {
      if (!seen.has(digest)) referrers += 1;
      await copyDocument({ mediaType, digest, size }, false);
    }
  };

  await copyDocument(root, true);
  if (options.isWithReferrers === true) {
    for (const name of [...seen].flatMap((digest) => [companionTag(digest, "sig"), companionTag(digest, "att")])) {
      const companion = await from.tagged(name);
      if (companion === undefined) continue;
      await copyDocument(companion, false);
      await to.tag(name, await from.document(companion), companion);
    }
  }
  const now = (await from.find())?.digest;
  const { mediaType, digest, size } = root;
  return {
    ...{ descriptor: { mediaType, digest, size }, blobs, bytes, referrers },
    ...(now === undefined || now === pinned.digest ? {} : { movedTo: now }),
  };
}

const configWire = z.object({ os: z.string().optional(), architecture: z.string().optional() });

/** An image of one platform within an index; itself when it is of that platform. */
export async function ofPlatform(from: ImagePlace, root: Descriptor, wanted: string): Promise<Descriptor> {
  const document = parseDocument(await from.document(root), root.mediaType, from.shown);
  const isWanted = (platform: Platform | undefined): boolean =>
    platform !== undefined &&
    (platformText(platform) === wanted || platformText({ ...platform, variant: undefined }) === wanted);
  if (document.kind === "index") {
    const found = document.index.manifests.find(({ platform }) => isWanted(platform));
    if (found !== undefined) return found;
    const all = document.index.manifests.flatMap(({ platform }) =>
      platform === undefined ? [] : [platformText(platform)],
    );
    throw notFound(
      `${from.shown} is not there for ${wanted}: it is for ${all.join(", ") || "no platform that it names"}.`,
    );
  }
  const pieces: Uint8Array[] = [];
  for await (const piece of await from.blob(document.manifest.config, 0)) pieces.push(piece);
  const config = configWire.safeParse(JSON.parse(Buffer.concat(pieces).toString("utf8"))).data;
  const own = platformWire.safeParse(config).data;
  if (isWanted(own)) return root;
  throw notFound(
    `${from.shown} is not there for ${wanted}: it is for ${own === undefined ? "no platform" : platformText(own)}.`,
  );
}

async function* counted(
  source: AsyncIterable<Uint8Array>,
  passed: (bytes: number) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const piece of source) {
    passed(piece.byteLength);
    yield piece;
  }
}

/** Waits for all of them, also when one fails: nothing goes on behind a refusal. */
async function allOf(works: readonly Promise<void>[]): Promise<void> {
  for (const result of await Promise.allSettled(works)) if (result.status === "rejected") throw result.reason;
}

/** Lets so many works run at once. */
function gate(width: number): (work: () => Promise<void>) => Promise<void> {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    if (running >= width) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}
