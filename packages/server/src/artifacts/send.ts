import type { ArtifactStore } from "@esteira/store/artifacts/artifact-store";
import type { FastifyReply, FastifyRequest } from "fastify";
import { ARTIFACT_HEADERS, attachment, contentType } from "./content.ts";
import { parseRange } from "./range.ts";

/** Streams one artifact, whole or in part, as a download that a browser saves and never runs. */
export async function sendArtifact(
  artifacts: ArtifactStore,
  path: string,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const whole = await artifacts.open(path);
  reply
    .headers(ARTIFACT_HEADERS)
    .header("accept-ranges", "bytes")
    .header("content-type", contentType(path))
    .header("content-disposition", attachment(path));
  const range = parseRange(request.headers.range, whole.size);
  if (range === undefined) return reply.header("content-length", whole.size).send(whole.stream);
  // The size had to be known before the range could be read; the part is opened anew.
  whole.stream.destroy();
  if (range === "unsatisfiable") {
    return reply.code(416).header("content-range", `bytes */${whole.size}`).send("");
  }
  const part = await artifacts.open(path, range);
  return reply
    .code(206)
    .header("content-range", `bytes ${range.start}-${range.end}/${whole.size}`)
    .header("content-length", range.end - range.start + 1)
    .send(part.stream);
}
