/** Where images are read from and written to: a repository of a registry, or a layout folder. */

import { stat } from "node:fs/promises";
import { join } from "node:path";
import { invalid } from "@esteira/core/errors";
import type { Descriptor } from "../oci/descriptor.ts";
import { DIGEST } from "../oci/digest.ts";
import { type Layout, openLayout } from "../oci/layout.ts";
import { openRepository } from "./client.ts";
import { type ImageReference, printReference, type Repository, versionOf } from "./reference.ts";
import type { SessionOptions } from "./session.ts";

export interface ImagePlace {
  /** For people. */
  readonly shown: string;
  /** What the place's own name leads to now; undefined when there is nothing. */
  find(): Promise<Descriptor | undefined>;
  /** The bytes of a manifest or an index, checked. */
  document(descriptor: Descriptor): Promise<Uint8Array>;
  blob(descriptor: Descriptor, from: number): Promise<AsyncIterable<Uint8Array>>;
  referrers(digest: string): Promise<readonly Descriptor[]>;
  /** Whether a document is here, with all that it names. */
  hasWhole(descriptor: Descriptor): Promise<boolean>;
  putBlob(
    descriptor: Descriptor,
    open: (from: number) => Promise<AsyncIterable<Uint8Array>>,
    from: ImagePlace,
  ): Promise<"present" | "mounted" | "uploaded">;
  putDocument(bytes: Uint8Array, descriptor: Descriptor): Promise<void>;
  /** Gives it the place's own name, where it has one. */
  name(bytes: Uint8Array, descriptor: Descriptor): Promise<void>;
  /** What a name of its own leads to, beside the place's; undefined when there is nothing. */
  tagged(name: string): Promise<Descriptor | undefined>;
  tag(name: string, bytes: Uint8Array, descriptor: Descriptor): Promise<void>;
  /** The repository that a registry can mount blobs from. */
  readonly repository?: Repository;
}

/** Where tools that know no referrers look for an image's signatures, and for signed statements about it. */
export const companionTag = (digest: string, kind: "sig" | "att"): string => `${digest.replace(":", "-")}.${kind}`;

export function registryPlace(reference: ImageReference, options: SessionOptions): ImagePlace {
  const { registry, repository } = reference;
  const remote = openRepository({ registry, repository }, options);
  const shown = printReference(reference);
  return {
    shown,
    repository: { registry, repository },
    async find() {
      const found = await remote.head(versionOf(reference));
      if (found === undefined || reference.digest === undefined || found.digest === reference.digest) return found;
      throw invalid(`${shown} is ${found.digest} at its registry.`);
    },
    document: async (descriptor) => (await remote.manifest(descriptor.digest)).bytes,
    blob: async (descriptor, from) => remote.blob(descriptor, from),
    referrers: (digest) => remote.referrers(digest),
    // A registry takes no manifest before it has what that names.
    hasWhole: async ({ digest }) => (await remote.head(digest)) !== undefined,
    putBlob: ({ digest, size }, open, from) =>
      remote.putBlob({
        ...{ digest, size, open },
        mountFrom:
          from.repository?.registry === registry && from.repository.repository !== repository
            ? from.repository.repository
            : undefined,
      }),
    putDocument: (bytes, descriptor) => remote.putManifest(descriptor.digest, bytes, descriptor),
    async name(bytes, descriptor) {
      if (reference.digest !== undefined && reference.digest !== descriptor.digest) {
        throw invalid(`${shown} cannot be written: what is copied is ${descriptor.digest}. Name a tag, or no digest.`);
      }
      await remote.putManifest(reference.digest ?? versionOf(reference), bytes, descriptor);
      if (reference.digest !== undefined && reference.tag !== undefined) {
        await remote.putManifest(reference.tag, bytes, descriptor);
      }
    },
    tagged: (name) => remote.head(name),
    tag: (name, bytes, descriptor) => remote.putManifest(name, bytes, descriptor),
  };
}

/**
 * @param name of the image in the folder, or its digest; where there is none, the only image
 * @param isSource the folder must be there already
 */
export async function layoutPlace(folder: string, name: string | undefined, isSource: boolean): Promise<ImagePlace> {
  if (isSource && (await stat(join(folder, "oci-layout")).catch(() => undefined)) === undefined) {
    throw invalid(`${folder} is no image folder: it has no file oci-layout.`);
  }
  return placeOfLayout(await openLayout(folder), name);
}

function placeOfLayout(layout: Layout, name: string | undefined): ImagePlace {
  const { folder } = layout;
  return {
    shown: name === undefined ? folder : `${folder}:${name}`,
    find: () => layout.resolve(name),
    document: ({ digest }) => layout.bytes(digest),
    blob: ({ digest }, from) => layout.open(digest, from),
    referrers: (digest) => layout.referrers(digest),
    // Somebody may have stopped in the middle of a copy: what a document names is looked at one by one.
    hasWhole: async () => false,
    async putBlob({ digest, size }, open) {
      if ((await layout.size(digest)) === size) return "present";
      await layout.write(await open(0), { digest, size });
      return "uploaded";
    },
    async putDocument(bytes, { digest, size, mediaType }) {
      await layout.write(bytes, { digest, size });
      // Found as a referrer by it; what an index of the folder names needs no place of its own there.
      if (isAboutAnother(bytes)) await layout.list({ digest, size, mediaType });
    },
    async name(bytes, descriptor) {
      const { digest, size, mediaType } = descriptor;
      await layout.write(bytes, { digest, size });
      if (name === undefined || DIGEST.test(name)) await layout.list({ digest, size, mediaType });
      else await layout.tag(name, { digest, size, mediaType });
    },
    tagged: (other) => layout.resolve(other),
    async tag(other, bytes, { digest, size, mediaType }) {
      await layout.write(bytes, { digest, size });
      await layout.tag(other, { digest, size, mediaType });
    },
  };
}

function isAboutAnother(bytes: Uint8Array): boolean {
  const document: unknown = JSON.parse(Buffer.from(bytes).toString("utf8"));
  return typeof document === "object" && document !== null && "subject" in document;
}
