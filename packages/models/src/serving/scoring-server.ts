/**
 * MLflow's scoring protocol (`mlflow models serve`) over any loaded model, and Prometheus metrics beside it.
 *
 * GET /ping, /health: "\n". GET /version: the version of MLflow whose protocol this is. GET /metrics. POST /invocations:
 * JSON in one of four forms or CSV in, `{"predictions": [...]}` out.
 */

import { EsteiraError } from "@esteira/core/errors";
import { METRICS_TYPE } from "@esteira/core/metrics";
import { pythonJson } from "@esteira/core/python-json";
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from "fastify";
import type { LoadedModel } from "../flavors/flavor.ts";
import { badRequest } from "../format/cells.ts";
import { MLFLOW_VERSION } from "../format/mlmodel.ts";
import { readContentType } from "./content-type.ts";
import { createServingMetrics } from "./metrics.ts";
import { createModelHolder, type ModelHolder } from "./model-holder.ts";
import { scoreText } from "./score-text.ts";

/** What is known of an invocation once it is answered. */
export interface ScoredRequest {
  readonly status: number;
  /** Rows scored; 0 when refused. */
  readonly rows: number;
  readonly seconds: number;
}

export interface ScoringServerOptions {
  /** The model, or a holder from which it may be swapped while serving. */
  readonly model: LoadedModel | ModelHolder;
  readonly log?: FastifyBaseLogger;
  /** Largest body in bytes; 16 MiB unless given. */
  readonly bodyLimit?: number;
  /** Called after each invocation; must not throw. */
  readonly onRequest?: (request: ScoredRequest) => void;
  /** Adds routes before the server is ready. */
  readonly extend?: (app: FastifyInstance) => void | Promise<void>;
}

const BODY_LIMIT = 16 * 1024 * 1024;
const JSON_TYPE = "application/json";

const isHolder = (model: LoadedModel | ModelHolder): model is ModelHolder => "swap" in model;

const errorBody = (error: EsteiraError): string => pythonJson({ ...error.toBody() });

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  readonly rows: number;
}

const failure = (error: EsteiraError): Answer => ({
  status: error.status,
  type: JSON_TYPE,
  body: errorBody(error),
  rows: 0,
});

const refuseType = (refusal: string): Answer => ({
  status: 415,
  type: "text/plain; charset=utf-8",
  body: refusal,
  rows: 0,
});

const wrongType = (contentType: string | undefined): Answer => {
  const verdict = readContentType(contentType);
  return refuseType("refusal" in verdict ? verdict.refusal : "The content type is not valid.");
};

function decodeUtf8(body: unknown): string {
  if (!Buffer.isBuffer(body)) return "";
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body);
  } catch {
    throw badRequest("The body is not UTF-8");
  }
}

function invoke(model: LoadedModel, contentType: string | undefined, body: unknown): Answer {
  const verdict = readContentType(contentType);
  if ("refusal" in verdict) return refuseType(verdict.refusal);
  const scored = scoreText(model, verdict.kind, decodeUtf8(body));
  return { status: 200, type: JSON_TYPE, ...scored };
}

/** A fault of the request keeps its own error; a defect of ours is answered without its particulars, and logged. */
function toError(error: unknown, log: FastifyBaseLogger): EsteiraError {
  if (error instanceof EsteiraError) return error;
  log.error({ err: error }, "the model failed on a request");
  return new EsteiraError("INTERNAL_ERROR", "The model failed on this request; the server's log says why");
}

/**
 * Builds a server that is ready and not yet listening: `await app.listen({ port, host })`. `app.close()` lets the
 * requests under way finish and refuses new ones with 503.
 */
export async function createScoringServer(options: ScoringServerOptions): Promise<FastifyInstance> {
  const holder = isHolder(options.model) ? options.model : createModelHolder(options.model);
  let inFlight = 0;
  const metrics = createServingMetrics({ inFlight: () => inFlight, generation: () => holder.generation });
  const bodyLimit = options.bodyLimit ?? BODY_LIMIT;
  const app = Fastify({
    ...(options.log ? { loggerInstance: options.log } : { logger: false }),
    bodyLimit,
    logController: new LogController({ disableRequestLogging: true }),
    return503OnClosing: true,
    forceCloseConnections: "idle",
  });
  let isClosing = false;
  const arrivals = new WeakMap<FastifyRequest, number>();
  app.addHook("onRequest", (request, _reply, done) => {
    arrivals.set(request, performance.now());
    done();
  });
  app.addHook("preClose", (done) => {
    isClosing = true;
    done();
  });
  // A connection that was busy when the server began to close must not stay open for its next request.
  app.addHook("onSend", (_request, reply, _payload, done) => {
    if (isClosing) reply.header("connection", "close");
    done();
  });

  // Types are judged by the route itself, so that its answers are MLflow's.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));

  // Bytes, not text: the framework would add a charset to the type of a text.
  const send = (reply: FastifyReply, answer: Pick<Answer, "status" | "type" | "body">): FastifyReply =>
    reply.code(answer.status).header("content-type", answer.type).send(Buffer.from(answer.body));

  const finish = (reply: FastifyReply, answer: Answer): FastifyReply => {
    const now = performance.now();
    const seconds = (now - (arrivals.get(reply.request) ?? now)) / 1000;
    metrics.record(answer.status, seconds, answer.rows);
    options.onRequest?.({ status: answer.status, rows: answer.rows, seconds });
    return send(reply, answer);
  };

  const ping = (_request: FastifyRequest, reply: FastifyReply): FastifyReply =>
    send(reply, { status: 200, type: JSON_TYPE, body: "\n" });
  app.get("/ping", ping);
  app.get("/health", ping);
  app.get("/version", (_request, reply) => send(reply, { status: 200, type: JSON_TYPE, body: MLFLOW_VERSION }));
  app.get("/metrics", async (_request, reply) =>
    send(reply, { status: 200, type: METRICS_TYPE, body: await metrics.text() }),
  );
  app.post("/invocations", async (request, reply) => {
    inFlight++;
    try {
      const answer = await holder.use((model) => invoke(model, request.headers["content-type"], request.body));
      return finish(reply, answer);
    } catch (error) {
      return finish(reply, failure(toError(error, request.log)));
    } finally {
      inFlight--;
    }
  });

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
      send(reply, { status, type: JSON_TYPE, body: pythonJson({ detail }) });
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
    if (status === 415) return wrongType(request.headers["content-type"]);
    if (!(error instanceof EsteiraError) && error instanceof Error && typeof status === "number" && status < 500)
      return { ...failure(badRequest(error.message)), status };
    return failure(toError(error, request.log));
  };
  app.setErrorHandler((error: unknown, request, reply) => {
    const answer = toAnswer(error, request);
    return request.routeOptions.url === "/invocations" ? finish(reply, answer) : send(reply, answer);
  });
  await options.extend?.(app);
  await app.ready();
  return app;
}
