/** A repository of images in a registry, by the OCI Distribution specification 1.1. */

import { setTimeout as sleep } from "node:timers/promises";
import { EsteiraError } from "@esteira/core/errors";
import { z } from "zod";
import { type Descriptor, indexWire, MEDIA_TYPES, parseDocument, subjectOf } from "../oci/descriptor.ts";
import { DIGEST, meter, sha256, wrongContent } from "../oci/digest.ts";
import { DOCUMENT_LIMIT } from "../oci/layout.ts";
import { scopeOf } from "./authorization.ts";
import { type Answer, Broken, bodyOf } from "./http.ts";
import { printReference, type Repository } from "./reference.ts";
import { unreached } from "./refusal.ts";
import { pauseBefore } from "./retries.ts";
import { type Asking, openSession, type SessionOptions } from "./session.ts";
import { type Upload, upload } from "./upload.ts";

export interface RegistryRepository extends Repository {
  /** Throws when there is no registry, or it does not let us in. */
  ping(): Promise<void>;
  /** In bytes; undefined when the blob is not there. */
  blobSize(digest: string): Promise<number | undefined>;
  /** A blob's bytes from one on. Goes on where the line broke; throws INVALID_STATE at its end when it is another one. */
  blob(blob: { readonly digest: string; readonly size: number }, from?: number): AsyncIterable<Uint8Array>;
  /** Sends nothing when it is there. */
  putBlob(blob: Upload): Promise<"present" | "mounted" | "uploaded">;
  /** By tag or digest; undefined when it is not there. */
  head(tagOrDigest: string): Promise<Descriptor | undefined>;
  /** By tag or digest, its digest checked. Throws RESOURCE_DOES_NOT_EXIST. */
  manifest(tagOrDigest: string): Promise<{ readonly bytes: Uint8Array; readonly descriptor: Descriptor }>;
  /** Under a tag, or under its digest alone. Makes a manifest that is about another one findable as its referrer. */
  putManifest(tagOrDigest: string, bytes: Uint8Array, descriptor: Descriptor): Promise<void>;
  tags(): AsyncIterable<string>;
  /** The manifests that are about this one. */
  referrers(digest: string): Promise<readonly Descriptor[]>;
  /** Removes a manifest and with it its tags. False when it was not there. */
  remove(digest: string): Promise<boolean>;
}

const ACCEPTED = [MEDIA_TYPES.index, MEDIA_TYPES.dockerIndex, MEDIA_TYPES.manifest, MEDIA_TYPES.dockerManifest].join(
  ", ",
);
const TAGS_A_PAGE = 500;
const LIST_LIMIT = 16 * 1024 * 1024;
const tagsWire = z.object({ tags: z.array(z.string()).nullish() });
/** Bytes between two breaks that make a line worth another round of tries. */
const WORTH_IT = 256 * 1024;
const UNSUPPORTED = [400, 404, 405, 501];

export function openRepository(repository: Repository, options: SessionOptions): RegistryRepository {
  const session = openSession(repository, options);
  const { registry, repository: name, retries, signal } = session;
  const pull = [scopeOf(name, "pull")];
  const push = [scopeOf(name, "pull", "push")];
  const shown = (version: string): string => printReference({ registry, repository: name, ...named(version) });

  const head = async (asking: Asking): Promise<Answer | undefined> => {
    const answer = await session.ask(asking, 200, 404);
    answer.drop();
    return answer.status === 200 ? answer : undefined;
  };

  const blobSize: RegistryRepository["blobSize"] = async (digest) => {
    const doing = `say whether it has the blob ${digest} of ${name}`;
    const answer = await head({ method: "HEAD", to: `${name}/blobs/${digest}`, doing, scopes: pull });
    return answer && Number(answer.headers["content-length"] ?? 0);
  };

  const maybeManifest = async (version: string) => {
    const doing = `give ${shown(version)}`;
    const to = `${name}/manifests/${version}`;
    const answer = await session.ask(
      { method: "GET", to, doing, scopes: pull, headers: { accept: ACCEPTED }, limit: DOCUMENT_LIMIT },
      200,
      404,
    );
    if (answer.status === 404) return { refused: await session.refuse(answer, doing) };
    const bytes = await readWhole(answer, DOCUMENT_LIMIT, shown(version));
    const digest = sha256(bytes);
    const said = String(answer.headers["docker-content-digest"] ?? digest);
    if (DIGEST.test(version) && digest !== version) throw wrongContent(shown(version), `its digest is ${digest}`);
    if (DIGEST.test(said) && digest !== said) {
      throw wrongContent(shown(version), `its digest is ${digest}, and the registry says ${said}`);
    }
    return { bytes, descriptor: { mediaType: mediaTypeOf(answer), digest, size: bytes.byteLength } };
  };

  const readList = async (to: string | URL, doing: string, ...expected: readonly number[]) => {
    const answer = await session.ask({ method: "GET", to, doing, scopes: pull, limit: LIST_LIMIT }, 200, ...expected);
    const link = /<([^>]*)>\s*;[^,]*rel="?next"?/i.exec(String(answer.headers.link ?? ""))?.[1];
    const base = new URL(typeof to === "string" ? `https://unused/v2/${to}` : to);
    const next = link === undefined ? undefined : new URL(link, base);
    return { answer, next: next && `${next.pathname.replace(/^\/v2\//, "")}${next.search}` };
  };

  /** Where a registry does not list referrers itself, an index under this tag does. */
  const referrersTag = (digest: string): string => digest.replace(":", "-");
  const taggedReferrers = async (digest: string): Promise<readonly Descriptor[]> => {
    const found = await maybeManifest(referrersTag(digest));
    if ("refused" in found) return [];
    const document = parseDocument(found.bytes, found.descriptor.mediaType, shown(referrersTag(digest)));
    return document.kind === "index" ? document.index.manifests : [];
  };

  const put = async (version: string, bytes: Uint8Array, mediaType: string): Promise<Answer> => {
    const doing = `take ${shown(version)}`;
    const headers = { "content-type": mediaType };
    const asking = {
      method: "PUT",
      to: `${name}/manifests/${version}`,
      doing,
      scopes: push,
      headers,
      body: bodyOf(bytes),
    } as const;
    const answer = await session.ask(asking, 200, 201, 202);
    answer.drop();
    const [own, said] = [sha256(bytes), String(answer.headers["docker-content-digest"] ?? "")];
    if (DIGEST.test(said) && said !== own)
      throw wrongContent(shown(version), `the registry keeps it as ${said}, expected ${own}`);
    return answer;
  };

  return {
    registry,
    repository: name,
    async ping() {
      (await session.ask({ method: "GET", to: "", doing: "answer as a registry", scopes: [] }, 200)).drop();
    },
    blobSize,
    async *blob({ digest, size }, from = 0) {
      const what = `The blob ${digest} of ${registry}/${name}`;
      const passing = from === 0 ? meter({ digest, size }, what) : undefined;
      const doing = `give the blob ${digest} of ${name}`;
      let at = from;
      for (let next = 2; ; next++) {
        const began = at;
        try {
          const headers = at === 0 ? {} : { range: `bytes=${at}-` };
          const asking = { method: "GET", to: `${name}/blobs/${digest}`, doing, scopes: pull, headers } as const;
          const answer = await session.ask(asking, 200, ...(at === 0 ? [] : [206]));
          // Who knows no ranges sends what we have once more.
          let skip = answer.status === 206 ? 0 : at;
          for await (const whole of answer.body) {
            const piece = whole.subarray(skip);
            skip = Math.max(0, skip - whole.byteLength);
            if (piece.byteLength === 0) continue;
            passing?.take(piece);
            at += piece.byteLength;
            // A line that only ever gives a few bytes is given up.
            if (at - began >= WORTH_IT) next = 1;
            yield piece;
          }
          break;
        } catch (error) {
          if (!(error instanceof Broken)) throw error;
          if (next > retries.tries) throw unreached(registry, doing, error);
          await sleep(pauseBefore(Math.max(2, next), retries), undefined, { signal });
        }
      }
      passing?.end();
    },
    async putBlob(blob) {
      const isThere = async (): Promise<boolean> => (await blobSize(blob.digest)) !== undefined;
      return (await isThere()) ? "present" : upload(session, blob, isThere);
    },
    async head(version) {
      const doing = `say what ${shown(version)} is`;
      const to = `${name}/manifests/${version}`;
      const answer = await head({ method: "HEAD", to, doing, scopes: pull, headers: { accept: ACCEPTED } });
      if (answer === undefined) return undefined;
      const digest = String(answer.headers["docker-content-digest"] ?? "");
      const size = Number(answer.headers["content-length"] ?? Number.NaN);
      if (DIGEST.test(digest) && Number.isSafeInteger(size)) return { mediaType: mediaTypeOf(answer), digest, size };
      const found = await maybeManifest(version);
      return "refused" in found ? undefined : found.descriptor;
    },
    async manifest(version) {
      const found = await maybeManifest(version);
      if ("refused" in found) throw found.refused;
      return found;
    },
    async putManifest(version, bytes, descriptor) {
      const answer = await put(version, bytes, descriptor.mediaType);
      const document = parseDocument(bytes, descriptor.mediaType, shown(version));
      const subject = subjectOf(document);
      if (subject === undefined || answer.headers["oci-subject"] !== undefined) return;
      const others = await taggedReferrers(subject.digest);
      if (others.some(({ digest }) => digest === descriptor.digest)) return;
      const artifactType =
        document.kind === "index"
          ? document.index.artifactType
          : (document.manifest.artifactType ?? document.manifest.config.mediaType);
      const { annotations } = document.kind === "index" ? document.index : document.manifest;
      const own = {
        ...{ mediaType: descriptor.mediaType, digest: descriptor.digest, size: descriptor.size },
        ...(artifactType === undefined ? {} : { artifactType }),
        ...(annotations === undefined ? {} : { annotations }),
      };
      const index = { schemaVersion: 2, mediaType: MEDIA_TYPES.index, manifests: [...others, own] };
      await put(referrersTag(subject.digest), Buffer.from(JSON.stringify(index)), MEDIA_TYPES.index);
    },
    async *tags() {
      const doing = `list the tags of ${name}`;
      const seen = new Set<string>();
      for (let to: string | undefined = `${name}/tags/list?n=${TAGS_A_PAGE}`; to !== undefined && !seen.has(to); ) {
        seen.add(to);
        const { answer, next }: Awaited<ReturnType<typeof readList>> = await readList(to, doing);
        const { data } = tagsWire.safeParse(parsedJson(await readWhole(answer, LIST_LIMIT, `The tags of ${name}`)));
        if (data === undefined)
          throw new EsteiraError(
            "BAD_REQUEST",
            `The registry ${registry} does not ${doing}: its answer is no list of tags.`,
          );
        yield* data.tags ?? [];
        to = next;
      }
    },
    async referrers(digest) {
      const doing = `list what is about ${shown(digest)}`;
      const found: Descriptor[] = [];
      const seen = new Set<string>();
      for (let to: string | undefined = `${name}/referrers/${digest}`; to !== undefined && !seen.has(to); ) {
        seen.add(to);
        const { answer, next }: Awaited<ReturnType<typeof readList>> = await readList(to, doing, ...UNSUPPORTED);
        const isList = answer.status === 200 && mediaTypeOf(answer) === MEDIA_TYPES.index;
        const bytes = await readWhole(answer, LIST_LIMIT, `The list of what is about ${shown(digest)}`);
        const { data } = indexWire.safeParse(isList ? parsedJson(bytes) : undefined);
        if (data === undefined) return taggedReferrers(digest);
        found.push(...data.manifests);
        to = next;
      }
      return found;
    },
    async remove(digest) {
      const asking = {
        method: "DELETE",
        to: `${name}/manifests/${digest}`,
        doing: `remove ${shown(digest)}`,
        scopes: [scopeOf(name, "pull", "push", "delete")],
      } as const;
      const answer = await session.ask(asking, 200, 202, 404);
      answer.drop();
      return answer.status !== 404;
    },
  };
}

const named = (version: string) => (DIGEST.test(version) ? { digest: version } : { tag: version });

const mediaTypeOf = (answer: Answer): string => (answer.headers["content-type"] ?? "").split(";")[0]?.trim() ?? "";

async function readWhole(answer: Answer, limit: number, what: string): Promise<Uint8Array> {
  const bytes = await answer.bytes(limit + 1);
  if (bytes.byteLength <= limit) return bytes;
  throw wrongContent(what, `it has more than ${limit} bytes`);
}

function parsedJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch {
    return undefined;
  }
}
