/**
 * A loaded model over HTTP: MLflow's scoring protocol (`mlflow models serve`), the Open Inference Protocol v2, and Prometheus
 * metrics.
 *
 * GET /ping, /health: "\n", or 503 while a model's own process is started again. GET /version: the version of MLflow whose protocol this is. GET /metrics. POST /invocations:
 * JSON in one of four forms or CSV in, `{"predictions": [...]}` out. `/v2/...`: see inference-v2-routes.
 */

import type { Socket } from "node:net";
import { EsteiraError } from "@esteira/core/errors";
import { METRICS_TYPE } from "@esteira/core/metrics";
import { pythonJson } from "@esteira/core/python-json";
import { SCHEMALESS } from "@esteira/core/schemaless";
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from "fastify";
import type { DecisionLog } from "../decisions/decision-log.ts";
import type { ServableModel } from "../flavors/flavor.ts";
import { writePredictions } from "../flavors/predictions.ts";
import { type Answer, RefusedRequest } from "../format/answer.ts";
import { badRequest } from "../format/cells.ts";
import { MLFLOW_VERSION } from "../format/mlmodel.ts";
import { createAdmission, RETRY_AFTER_SECONDS } from "./admission.ts";
import { createAnswering, type ScoredRequest } from "./answer.ts";
import { readContentType } from "./content-type.ts";
import { createDispatcher, type Question, type VariantSight } from "./dispatcher.ts";
import { mountInferenceV2 } from "./inference-v2-routes.ts";
import { readInvocation } from "./invocation.ts";
import { createServingMetrics } from "./metrics.ts";
import { createModelHolder, type ModelHolder } from "./model-holder.ts";
import { readRequestBody } from "./request-body.ts";
import { createShadow, type ShadowSight } from "./shadow.ts";
import type { Tracing } from "./tracing.ts";
import type { Canary, Traffic } from "./traffic.ts";

/** Series in Prometheus's text format, as they are now. */
export type ReadMetrics = () => Promise<string>;

export interface ScoringServerOptions {
  /** The model, or a holder from which it may be swapped while serving. */
  readonly model: ServableModel | ModelHolder;
  /** Answers a share of the requests in the model's place. */
  readonly canary?: Canary | undefined;
  /** Is asked what the model is asked, after the answer, and its answers are compared and dropped. */
  readonly shadow?: ModelHolder | undefined;
  /** What answers, where it changes while the server runs: in place of `canary` and `shadow`. */
  readonly traffic?: Traffic | undefined;
  readonly log?: FastifyBaseLogger;
  /** Largest body in bytes; 16 MiB unless given. */
  readonly bodyLimit?: number | undefined;
  /** Requests under way at once; those beyond are answered 429. 256 unless given. */
  readonly maxInFlight?: number | undefined;
  /** Called after each scoring request; must not throw. */
  readonly onRequest?: ((request: ScoredRequest) => void) | undefined;
  readonly onShadow?: ((sight: ShadowSight) => void) | undefined;
  readonly onVariant?: ((sight: VariantSight) => void) | undefined;
  /** Answered requests that `onRequest` could not keep, for the metrics. */
  readonly unlogged?: (() => number) | undefined;
  /** Where decisions are recorded: how many could not be, and how many were late, for the metrics. */
  readonly decisions?: Pick<DecisionLog, "missed" | "late"> | undefined;
  /** Whether an answer is to be its connection's last; it always is while the server closes. */
  readonly isLast?: ((socket: Socket | null) => boolean) | undefined;
  /** Follows each scoring request; its caller closes it. */
  readonly tracing?: Tracing | undefined;
  /** Makes what `/metrics` answers of this process's own series; they as they are unless given. */
  readonly shareMetrics?: ((own: ReadMetrics) => ReadMetrics) | undefined;
  /** Adds routes before the server is ready. */
  readonly extend?: (app: FastifyInstance) => void | Promise<void>;
}

const BODY_LIMIT = 16 * 1024 * 1024;
const MAX_IN_FLIGHT = 256;
const JSON_TYPE = "application/json";
const NOTHING = Buffer.alloc(0);
const NOT_READY = "What scores the model ended and is started again: ask later";

const isHolder = (model: ServableModel | ModelHolder): model is ModelHolder => "swap" in model;

const failure = (error: EsteiraError): Answer => ({
  status: error.status,
  type: JSON_TYPE,
  body: pythonJson({ ...error.toBody() }),
});

const refuseType = (refusal: string): Answer => ({
  status: 415,
  type: "text/plain; charset=utf-8",
  body: refusal,
});

/** A body of MLflow's protocol: read once by us, or not at all by a model that does so itself. */
function readQuestion({ headers, body }: FastifyRequest): Question {
  const type = headers["content-type"];
  const bytes = Buffer.isBuffer(body) ? body : NOTHING;
  return {
    read(model) {
      const verdict = readContentType(type);
      if ("refusal" in verdict) throw new RefusedRequest(refuseType(verdict.refusal));
      return readInvocation(model, verdict.kind, bytes);
    },
    ...(type !== undefined && type.trim() !== "" && { raw: { body: bytes, type } }),
  };
}

/**
 * Builds a server that is ready and not yet listening: `await app.listen({ port, host })`. `app.close()` lets the
 * requests under way finish and refuses new ones with 503.
 */
export async function createScoringServer(options: ScoringServerOptions): Promise<FastifyInstance> {
  const primary = isHolder(options.model) ? options.model : createModelHolder(options.model);
  const bodyLimit = options.bodyLimit ?? BODY_LIMIT;
  const admission = createAdmission(options.maxInFlight ?? MAX_IN_FLIGHT);
  const metrics = createServingMetrics({
    inFlight: () => admission.inFlight,
    refused: () => admission.refused,
    generation: () => primary.generation,
    ...(options.unlogged === undefined ? {} : { unlogged: options.unlogged }),
    ...(options.decisions && {
      unrecorded: () => options.decisions?.missed ?? 0,
      recordedLate: () => options.decisions?.late ?? 0,
    }),
  });
  const traffic: Traffic = options.traffic ?? { primary, canary: options.canary, shadow: options.shadow };
  const shadow = createShadow(
    () => traffic.shadow,
    (sight) => {
      metrics.recordShadow(sight);
      options.onShadow?.(sight);
    },
  );
  const dispatcher = createDispatcher(traffic, { shadow, onSight: options.onVariant });
  const answering = createAnswering((request) => {
    metrics.record(request);
    options.onRequest?.(request);
  }, options.tracing);

  const app = Fastify({
    ...(options.log ? { loggerInstance: options.log } : { logger: false }),
    bodyLimit,
    schemaController: SCHEMALESS,
    logController: new LogController({ disableRequestLogging: true }),
    return503OnClosing: true,
    forceCloseConnections: "idle",
  });
  app.addHook("onRequest", (request, _reply, done) => {
    answering.arrive(request);
    done();
  });
  let isClosing = false;
  app.addHook("preClose", (done) => {
    isClosing = true;
    done();
  });
  // A connection that was busy when the server began to close must not stay open for its next request.
  app.addHook("onSend", (_request, reply, _payload, done) => {
    if (isClosing || options.isLast?.(reply.raw.socket) === true) reply.header("connection", "close");
    done();
  });

  // Types are judged by the route itself, so that its answers are MLflow's.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", (request, payload, done) => {
    const contentLength = request.headers["content-length"];
    readRequestBody(payload, { limit: bodyLimit, contentLength }, (error, body) => done(error ?? null, body));
  });

  const admit = (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void): void => {
    answering.follow(request, reply);
    try {
      reply.raw.once("close", admission.enter());
      done();
    } catch (error) {
      reply.header("retry-after", String(RETRY_AFTER_SECONDS));
      done(error instanceof Error ? error : new Error(String(error)));
    }
  };

  const plain = (body: string, type = JSON_TYPE): Answer => ({ status: 200, type, body });
  // The shadow answers nobody: who asks whether requests are answered need not wait for it.
  const isReady = (): boolean =>
    [primary, traffic.canary?.holder].every((holder) => holder?.current.isReady?.() ?? true);
  const ping = (_request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    if (isReady()) return answering.send(reply, plain("\n"));
    reply.header("retry-after", String(RETRY_AFTER_SECONDS));
    return answering.send(reply, failure(new EsteiraError("TEMPORARILY_UNAVAILABLE", NOT_READY)));
  };
  app.get("/ping", ping);
  app.get("/health", ping);
  app.get("/version", (_request, reply) => answering.send(reply, plain(MLFLOW_VERSION)));
  const own: ReadMetrics = () => metrics.text();
  const shared = options.shareMetrics?.(own) ?? own;
  app.get("/metrics", async (_request, reply) => answering.send(reply, plain(await shared(), METRICS_TYPE)));
  app.post("/invocations", { onRequest: admit }, async (request, reply) => {
    const trace = answering.traceOf(request);
    trace?.step("parse");
    try {
      const scored = await dispatcher.score(readQuestion(request), answering.keyOf(request), trace);
      return answering.finish(reply, scored.answer ?? plain(writePredictions(scored.predictions)), scored);
    } catch (error) {
      if (error instanceof RefusedRequest) return answering.finish(reply, error.answer);
      return answering.finish(reply, failure(answering.toError(error, request.log)));
    }
  });
  mountInferenceV2(app, { primary, isReady, dispatcher, answering, admit, version: MLFLOW_VERSION });

  const methods = new Map([
    ["/ping", "GET"],
    ["/health", "GET"],
    ["/version", "GET"],
    ["/metrics", "GET"],
    ["/invocations", "POST"],
  ]);
  app.setNotFoundHandler((request, reply) => {
    const allowed = methods.get(request.url.split("?")[0] ?? "");
    const refuse = (status: number, detail: string): FastifyReply =>
      answering.send(reply, { status, type: JSON_TYPE, body: pythonJson({ detail }) });
    if (allowed === undefined || request.method === allowed) return refuse(404, "Not Found");
    reply.header("allow", allowed);
    return refuse(405, "Method Not Allowed");
  });
  // What the framework refuses before the route is asked, and errors of routes that were added.
  const toAnswer = (error: unknown, request: FastifyRequest): Answer => {
    const status = error instanceof Error && "statusCode" in error ? error.statusCode : undefined;
    if (status === 413)
      return {
        ...failure(badRequest(`The body is larger than the ${bodyLimit} bytes that this server reads`)),
        status,
      };
    if (status === 415) {
      const verdict = readContentType(request.headers["content-type"]);
      return refuseType("refusal" in verdict ? verdict.refusal : "The content type is not valid.");
    }
    if (!(error instanceof EsteiraError) && error instanceof Error && typeof status === "number" && status < 500)
      return { ...failure(badRequest(error.message)), status };
    return failure(answering.toError(error, request.log));
  };
  app.setErrorHandler((error: unknown, request, reply) => {
    const answer = toAnswer(error, request);
    const { url } = request.routeOptions;
    if (url === "/invocations") return answering.finish(reply, answer);
    if (!url?.startsWith("/v2/")) return answering.send(reply, answer);
    const { message } = JSON.parse(answer.type === JSON_TYPE ? answer.body : "{}") as { message?: string };
    return answering.finish(reply, { ...answer, type: JSON_TYPE, body: pythonJson({ error: message ?? answer.body }) });
  });
  await options.extend?.(app);
  await app.ready();
  return app;
}
