import { type ErrorBody, EsteiraError } from "@esteira/core/errors";
import type { FastifyBaseLogger, FastifyReply, FastifyRequest } from "fastify";
import { discard } from "./discard.ts";

interface Fault {
  readonly status: number;
  readonly body: ErrorBody;
}

/** Everything thrown in the server becomes one of MLflow's error bodies; what is not ours shows nothing of its inside. */
export function toFault(error: unknown, log: FastifyBaseLogger): Fault {
  if (error instanceof EsteiraError) {
    if (error.status >= 500) log.error({ err: error }, "request failed");
    return { status: error.status, body: error.toBody() };
  }
  const status = statusOf(error);
  if (status !== undefined && status < 500) return { status, body: clientFault(status, error).toBody() };
  log.error({ err: error }, "request failed unexpectedly");
  const unexpected = new EsteiraError(
    "INTERNAL_ERROR",
    "The server could not answer because of an unexpected fault; its log has the details.",
  );
  return { status: unexpected.status, body: unexpected.toBody() };
}

function statusOf(error: unknown): number | undefined {
  if (typeof error !== "object" || error === null || !("statusCode" in error)) return undefined;
  return typeof error.statusCode === "number" && error.statusCode >= 400 ? error.statusCode : undefined;
}

/** Faults that fastify finds before a handler runs. */
function clientFault(status: number, error: unknown): EsteiraError {
  const code = typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
  if (status === 413) return new EsteiraError("BAD_REQUEST", "The request body is larger than this route accepts.");
  if (status === 415) {
    return new EsteiraError(
      "INVALID_PARAMETER_VALUE",
      "Bad Request. Content-Type must be one of ['application/json'].",
    );
  }
  if (code === "FST_ERR_BAD_URL") return new EsteiraError("INVALID_PARAMETER_VALUE", "Invalid path");
  return new EsteiraError("BAD_REQUEST", "The request is malformed.");
}

export function sendFault(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const { status, body } = toFault(error, request.log);
  if (status === 413) {
    // Cutting off a client that is still sending would keep it from reading why.
    reply.removeHeader("connection");
    discard(request.raw);
  }
  // MLflow answers 400 to a wrong content type, where HTTP's own number would be 415.
  sendError(reply, status === 415 ? 400 : status, body);
}

export function sendError(reply: FastifyReply, status: number, body: object): FastifyReply {
  return reply.code(status).header("content-type", "application/json").send(JSON.stringify(body));
}
