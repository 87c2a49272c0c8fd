import { EsteiraError } from "@esteira/core/errors";
import type { FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from "fastify";
import { sendError } from "./errors.ts";

/** Parts of MLflow's API that this server knows of and does not offer, with the name to use in the answer. */
const NOT_OFFERED: readonly (readonly [RegExp, string])[] = [
  [/^\/(ajax-)?api\/[23]\.0\/mlflow\/(traces|get-trace-artifact|unified-traces|get-online-trace-details)\b/, "tracing"],
  [/^\/v1\/traces\b/, "tracing"],
  [/^\/(ajax-)?api\/[23]\.0\/mlflow\/assessments?\b/, "assessments of traces"],
  [/^\/(ajax-)?api\/[23]\.0\/mlflow\/(scorers?|genai)\b/, "scorers"],
  [/^\/(ajax-)?api\/[23]\.0\/mlflow\/(gateway|gateway-proxy|endpoints)\b/, "an AI gateway"],
  [/^\/gateway\//, "an AI gateway"],
  [/^\/(ajax-)?api\/3\.0\/mlflow\/datasets\b/, "evaluation datasets"],
  [/^\/(ajax-)?api\/3\.0\/mlflow\/(prompt|prompts|prompt-optimization)\b/, "prompt optimization"],
  [/^\/(ajax-)?api\/3\.0\/mlflow\/issues\b/, "issue detection"],
  [/^\/(ajax-)?api\/3\.0\/mlflow\/(label-schemas|review-queues)\b/, "reviews of traces"],
  [/^\/(ajax-)?api\/3\.0\/mlflow\/(demo|assistant|ui-telemetry)\b/, "this feature of MLflow's own pages"],
  [/^\/(ajax-)?api\/3\.0\/mlflow\/mcp-servers\b/, "a registry of MCP servers"],
  [/^\/(ajax-)?api\/3\.0\/(mlflow\/)?jobs\b/, "jobs on the server"],
  [/^\/ajax-api\/2\.0\/mlflow\/runs\/create-promptlab-run\b/, "prompt engineering"],
  [/^\/graphql\b/, "GraphQL"],
];
/** Answered as by a server that has this switched off. */
const WORKSPACES = /^\/(ajax-)?api\/3\.0\/mlflow\/workspaces\b/;

/** Calls that are there only while access is controlled. */
const ACCESS = /^\/(ajax-)?api\/[23]\.0\/mlflow\/(users|roles|(experiments|registered-models)\/permissions)\b/;
const USERS = "2.0/mlflow/users/list";

const METHODS = ["GET", "POST", "PATCH", "PUT", "DELETE"] as const satisfies readonly HTTPMethods[];

/**
 * Answers for every path without a route, always in JSON: 501 for what MLflow has and this server has not, 405 where
 * another method would do, else 404.
 */
export function answerUnknownPath(app: FastifyInstance, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const path = request.url.split("?", 1)[0] ?? "";
  const allowed = METHODS.filter((method) => app.hasRoute({ method, url: path }));
  if (allowed.length > 0) {
    const fault = new EsteiraError("ENDPOINT_NOT_FOUND", `This endpoint answers to ${allowed.join(", ")} only.`);
    return sendError(reply.header("allow", allowed.join(", ")), 405, fault.toBody());
  }
  if (ACCESS.test(path) && !app.hasRoute({ method: "GET", url: path.replace(/[23]\.0\/mlflow\/.*/, USERS) })) {
    const fault = new EsteiraError(
      "NOT_IMPLEMENTED",
      "There are no users or permissions here: access control is off. Start the server with --app-name basic-auth to turn it on.",
    );
    return sendError(reply, fault.status, fault.toBody());
  }
  const feature = NOT_OFFERED.find(([pattern]) => pattern.test(path))?.[1];
  if (feature !== undefined) {
    const fault = new EsteiraError("NOT_IMPLEMENTED", `This server does not offer ${feature}.`);
    return sendError(reply, fault.status, fault.toBody());
  }
  if (WORKSPACES.test(path)) {
    const says = `Endpoint: ${path} disabled because the server is running without workspaces support.`;
    return sendError(reply, 503, new EsteiraError("FEATURE_DISABLED", says).toBody());
  }
  const fault = new EsteiraError("ENDPOINT_NOT_FOUND", "No such endpoint; check the path and the method.");
  return sendError(reply, fault.status, fault.toBody());
}

const NO_WORKSPACES = new EsteiraError(
  "FEATURE_DISABLED",
  "Workspace APIs are not available: workspaces are not enabled on this server",
);

/** A client that means one workspace must not write into the only one there is. */
export function refuseWorkspaces(app: FastifyInstance): void {
  app.addHook("onRequest", (request, reply, done) => {
    const workspace = request.headers["x-mlflow-workspace"];
    if (workspace === undefined || String(workspace).trim() === "" || request.url.endsWith("/mlflow/server-info")) {
      return done();
    }
    sendError(reply, NO_WORKSPACES.status, NO_WORKSPACES.toBody());
  });
}
