import type { IncomingMessage } from "node:http";
import { EsteiraError } from "@esteira/core/errors";
import type { ArtifactSource } from "@esteira/store/artifacts/artifact-store";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { discard } from "../http/discard.ts";

/** Bodies of any type and size go to the artifact store as they arrive; nothing is collected in memory. */
export function streamBodies(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser("*", (_, payload, done) => done(null, payload));
}

/** Gives the body of an upload, and its size where the client tells it, to `write`. What that refuses is thrown away. */
export async function withUpload<T>(
  { raw }: FastifyRequest,
  write: (source: ArtifactSource, size?: number) => Promise<T>,
): Promise<T> {
  try {
    const length = raw.headers["content-length"];
    return await write(bodyOf(raw), length === undefined ? undefined : Number(length));
  } catch (error) {
    discard(raw);
    throw error;
  }
}

/** Without tearing down the connection when the reader gives up: the refusal has yet to be told on it. */
async function* bodyOf(incoming: IncomingMessage): AsyncGenerator<Uint8Array> {
  try {
    yield* incoming.iterator({ destroyOnReturn: false });
  } catch (cause) {
    throw new EsteiraError("BAD_REQUEST", "The upload broke off before its end; send it again.", { cause });
  }
}
