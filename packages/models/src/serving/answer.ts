/** How the protocols of a scoring server answer: bytes out, time and outcome counted, what broke inside told to the log only. */

import { EsteiraError } from "@esteira/core/errors";
import type { FastifyBaseLogger, FastifyReply, FastifyRequest } from "fastify";
import type { Answer } from "../format/answer.ts";
import type { Scored } from "./dispatcher.ts";
import type { ModelIdentity } from "./model-holder.ts";
import type { RequestTrace, Tracing } from "./tracing.ts";
import type { Variant } from "./traffic.ts";

/** What is known of a scoring request once it is answered. */
export interface ScoredRequest {
  readonly status: number;
  /** Rows scored; 0 when refused. */
  readonly rows: number;
  /** From the head of the request to its answer. */
  readonly seconds: number;
  /** The caller's X-Request-Id, or one made here. */
  readonly requestId: string;
  /** Whom it is about, as the caller says: the X-Esteira-Subject header, at most two with a comma between. */
  readonly subjects?: readonly string[];
  /** What was asked and answered; absent when refused. */
  readonly scored?: Scored;
}

export interface Answering {
  /** Starts the clock of a request. */
  arrive(request: FastifyRequest): void;
  /** Begins the trace of a scoring request, where there is tracing, which ends when its answer has gone out. */
  follow(request: FastifyRequest, reply: FastifyReply): void;
  traceOf(request: FastifyRequest): RequestTrace | undefined;
  send(reply: FastifyReply, answer: Answer): FastifyReply;
  /** Sends the answer of a scoring request, and counts it. */
  finish(reply: FastifyReply, answer: Answer, scored?: Scored): FastifyReply;
  /** A fault of the request keeps its own error; a defect of ours is answered without its particulars, and logged. */
  toError(error: unknown, log: FastifyBaseLogger): EsteiraError;
  /** What decides between primary and canary: the X-Esteira-Key header. */
  keyOf(request: FastifyRequest): string | undefined;
}

const LONGEST_ID = 128;

export function createAnswering(onRequest: (request: ScoredRequest) => void, tracing?: Tracing): Answering {
  const arrivals = new WeakMap<FastifyRequest, number>();
  const traces = tracing && new WeakMap<FastifyRequest, RequestTrace>();
  const send = (reply: FastifyReply, { status, type, body }: Answer): FastifyReply =>
    // Bytes, not text: the framework would add a charset to the type of a text.
    reply.code(status).header("content-type", type).send(Buffer.from(body));
  return {
    arrive: (request) => void arrivals.set(request, performance.now()),
    follow(request, reply) {
      if (tracing === undefined) return;
      const trace = tracing.begin(request.method, request.routeOptions.url ?? "", request.headers);
      traces?.set(request, trace);
      reply.header("traceparent", trace.traceparent);
      reply.raw.once("close", () => trace.end(reply.raw.statusCode));
    },
    traceOf: (request) => traces?.get(request),
    send,
    finish(reply, answer, scored) {
      const { request } = reply;
      const trace = traces?.get(request);
      if (trace !== undefined) {
        trace.step("respond");
        trace.set(factsOf(requestIdOf(request), scored));
      }
      const now = performance.now();
      const seconds = (now - (arrivals.get(request) ?? now)) / 1000;
      if (scored !== undefined) nameModel(reply, scored.identity, scored.variant);
      onRequest({
        status: answer.status,
        rows: scored?.table.rowCount ?? 0,
        seconds,
        requestId: requestIdOf(request),
        ...subjectsOf(request),
        ...(scored === undefined ? {} : { scored }),
      });
      return send(reply, answer);
    },
    toError(error, log) {
      if (error instanceof EsteiraError) return error;
      log.error({ err: error }, "the model failed on a request");
      return new EsteiraError("INTERNAL_ERROR", "The model failed on this request; the server's log says why");
    },
    keyOf: (request) => textHeader(request, "x-esteira-key"),
  };
}

/** What a trace tells of a request: never its values. */
function factsOf(requestId: string, scored: Scored | undefined): Record<string, string | number> {
  const facts = { "esteira.request.id": requestId };
  if (scored === undefined) return facts;
  const { identity, variant, table } = scored;
  return {
    ...facts,
    "esteira.model.name": identity.name,
    "esteira.model.version": identity.version,
    "esteira.model.variant": variant,
    "esteira.rows": table.rowCount,
  };
}

/** Which model answered, for callers that keep it beside the decision. */
function nameModel(reply: FastifyReply, { name, version }: ModelIdentity, variant: Variant): void {
  reply.header("x-esteira-model", `${encodeURIComponent(name)}/${encodeURIComponent(version)}`);
  reply.header("x-esteira-variant", variant);
}

function textHeader(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === "string" && value !== "" ? value : undefined;
}

function subjectsOf(request: FastifyRequest): Pick<ScoredRequest, "subjects"> {
  const said = textHeader(request, "x-esteira-subject");
  if (said === undefined) return {};
  return {
    subjects: said
      .split(",")
      .map((subject) => subject.trim())
      .filter((subject) => subject !== ""),
  };
}

const requestIdOf = (request: FastifyRequest): string =>
  textHeader(request, "x-request-id")?.slice(0, LONGEST_ID) ?? request.id;
