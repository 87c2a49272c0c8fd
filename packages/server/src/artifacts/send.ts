import { Readable } from "node:stream";
import { EsteiraError } from "@esteira/core/errors";
import type { ArtifactStore, ArtifactVersion, OpenArtifact } from "@esteira/store/artifacts/artifact-store";
import { attachment } from "@esteira/store/artifacts/attachment";
import type { FastifyReply, FastifyRequest } from "fastify";
import { decide, isConditional, type Verdict } from "./conditions.ts";
import { ARTIFACT_HEADERS, contentType } from "./content.ts";

/** How often a file may be replaced between a look at it and its opening. */
const MAX_ATTEMPTS = 4;

/** Streams one artifact, whole or in part, as a download that a browser saves and never runs. */
export async function sendArtifact(
  artifacts: ArtifactStore,
  path: string,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { verdict, file } = await look(artifacts, path, request);
  reply
    .code(verdict.status)
    .headers(ARTIFACT_HEADERS)
    .header("accept-ranges", "bytes")
    .header("etag", file.etag)
    .header("last-modified", file.modified.toUTCString());
  if (verdict.status === 304 || verdict.status === 412) return reply.send("");
  if (verdict.status === 416) return reply.header("content-range", `bytes */${file.size}`).send("");
  reply.header("content-type", contentType(path)).header("content-disposition", attachment(path));
  if (verdict.status === 206) {
    reply.header("content-range", `bytes ${verdict.start}-${verdict.end}/${file.size}`);
  }
  const length = verdict.status === 206 ? verdict.end - verdict.start + 1 : file.size;
  return reply.header("content-length", length).send(file.stream ?? Readable.from([]));
}

interface Found {
  readonly verdict: Verdict;
  readonly file: ArtifactVersion & Partial<Pick<OpenArtifact, "stream">>;
}

/** What to answer, and the open file where its content is asked for. */
async function look(artifacts: ArtifactStore, path: string, { method, headers }: FastifyRequest): Promise<Found> {
  const wantsContent = method !== "HEAD";
  if (wantsContent && !isConditional(headers)) return { verdict: { status: 200 }, file: await artifacts.open(path) };
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const file = await artifacts.stat(path);
    const verdict = decide(headers, file);
    if (!wantsContent || (verdict.status !== 200 && verdict.status !== 206)) return { verdict, file };
    const opened = await artifacts.open(path, verdict.status === 206 ? verdict : undefined);
    if (opened.etag === file.etag) return { verdict, file: opened };
    opened.stream.destroy();
  }
  throw new EsteiraError("TEMPORARILY_UNAVAILABLE", `'${path}' is being replaced again and again; try again later.`);
}
