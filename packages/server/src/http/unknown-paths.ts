import { EsteiraError } from "@esteira/core/errors";
import type { FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from "fastify";
import { sendError } from "./errors.ts";

/** Parts of MLflow's API that this server knows of and does not offer, with the name to use in the answer. */
const NOT_OFFERED: readonly (readonly [RegExp, string])[] = [
  [/^\/(ajax-)?api\/[23]\.0\/mlflow\/(traces|get-trace-artifact)\b/, "Tracing"],
  [/^\/v1\/traces\b/, "Tracing"],
  [/^\/(ajax-)?api\/[23]\.0\/mlflow\/assessments?\b/, "Assessments of traces"],
  [/^\/(ajax-)?api\/[23]\.0\/mlflow\/(scorers?|genai)\b/, "Scorers"],
  [/^\/(ajax-)?api\/[23]\.0\/mlflow\/(gateway|gateway-proxy|endpoints)\b/, "The AI gateway"],
  [/^\/gateway\//, "The AI gateway"],
  [/^\/(ajax-)?api\/2\.0\/mlflow\/webhooks\b/, "Webhooks"],
  [/^\/(ajax-)?api\/3\.0\/mlflow\/datasets\b/, "Evaluation datasets"],
  [/^\/(ajax-)?api\/3\.0\/mlflow\/(prompt|prompts|prompt-optimization)\b/, "Prompt optimization"],
  [/^\/(ajax-)?api\/3\.0\/mlflow\/workspaces\b/, "Workspaces"],
  [/^\/(ajax-)?api\/3\.0\/mlflow\/(issues|label-schemas|review-queues|demo|assistant|ui-telemetry)\b/, "This feature"],
  [/^\/(ajax-)?api\/3\.0\/mlflow\/mcp-servers\b/, "The MCP registry"],
  [/^\/(ajax-)?api\/3\.0\/(mlflow\/)?jobs\b/, "Server-side jobs"],
  [/^\/ajax-api\/2\.0\/mlflow\/runs\/create-promptlab-run\b/, "Prompt engineering"],
  [/^\/graphql\b/, "GraphQL"],
];

const METHODS = ["GET", "POST", "PATCH", "PUT", "DELETE"] as const satisfies readonly HTTPMethods[];

/**
 * Answers for every path without a route, always in JSON: 501 for what MLflow has and this server has not, 405 where
 * another method would do, else 404.
 */
export function answerUnknownPath(app: FastifyInstance, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const path = request.url.split("?", 1)[0] ?? "";
  const feature = NOT_OFFERED.find(([pattern]) => pattern.test(path))?.[1];
  if (feature !== undefined) {
    const fault = new EsteiraError("NOT_IMPLEMENTED", `${feature} is not supported by this server.`);
    return sendError(reply, fault.status, fault.toBody());
  }
  const allowed = METHODS.filter((method) => app.hasRoute({ method, url: path }));
  if (allowed.length > 0) {
    const fault = new EsteiraError("ENDPOINT_NOT_FOUND", `This endpoint answers to ${allowed.join(", ")} only.`);
    return sendError(reply.header("allow", allowed.join(", ")), 405, fault.toBody());
  }
  const fault = new EsteiraError("ENDPOINT_NOT_FOUND", "No such endpoint; check the path and the method.");
  return sendError(reply, fault.status, fault.toBody());
}
