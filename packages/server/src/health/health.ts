import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { OPEN } from "../access/policy.ts";
import type { Operation } from "../http/operation.ts";

/** Liveness, the version, and what a client may expect of this server. `/health`, `/ready` and `/version` answer to any Host. */
export const OPEN_PATHS: ReadonlySet<string> = new Set(["/health", "/ready", "/version"]);

interface ArtifactAbilities {
  /** Clients can send and fetch large files in parts, past the server. */
  readonly multipart: boolean;
}

const serverInfo = z.object({
  store_type: z.string(),
  workspaces_enabled: z.boolean(),
  trace_archival_enabled: z.boolean(),
  multipart_uploads_enabled: z.boolean(),
  multipart_downloads_enabled: z.boolean(),
  presigned_upload_run_id_supported: z.boolean(),
  presigned_upload_model_id_supported: z.boolean(),
  features_enabled: z.record(z.string(), z.boolean()),
});

const serverInfoOf = (artifacts: ArtifactAbilities) =>
  JSON.stringify({
    store_type: "SqlStore",
    workspaces_enabled: false,
    trace_archival_enabled: false,
    multipart_uploads_enabled: artifacts.multipart,
    multipart_downloads_enabled: artifacts.multipart,
    // That the calls are known; whether a run's artifacts are where addresses can be signed, they answer themselves.
    presigned_upload_run_id_supported: true,
    presigned_upload_model_id_supported: true,
    features_enabled: { gateway: false },
  } satisfies z.input<typeof serverInfo>);

const OPERATIONS = {
  health: { summary: "Say that the server is up", tag: "health", output: { type: "text/plain" } },
  ready: { summary: "Say whether a balancer may send requests here", tag: "health", output: { type: "text/plain" } },
  version: { summary: "Say the server's version", tag: "health", output: { type: "text/plain" } },
  info: { summary: "Say what the server can do", tag: "health", output: serverInfo },
} satisfies Record<string, Operation>;

/**
 * `/health` says that the process lives: who restarts it looks there. `/ready` says that it takes requests, which ends before
 * the process does: a balancer looks there.
 */
export function mountHealth(
  app: FastifyInstance,
  version: string,
  artifacts: ArtifactAbilities,
  isDraining: () => boolean = () => false,
): void {
  const info = serverInfoOf(artifacts);
  const sendText = (path: string, operation: Operation, body: string) =>
    app.get(path, { config: { operation, policy: OPEN } }, async (_, reply) =>
      reply.type("text/plain; charset=utf-8").send(body),
    );
  sendText("/health", OPERATIONS.health, "OK");
  app.get("/ready", { config: { operation: OPERATIONS.ready, policy: OPEN } }, async (_, reply) =>
    reply
      .code(isDraining() ? 503 : 200)
      .type("text/plain; charset=utf-8")
      .send(isDraining() ? "ENDING" : "OK"),
  );
  sendText("/version", OPERATIONS.version, version);
  for (const prefix of ["/api", "/ajax-api"]) {
    app.get(
      `${prefix}/3.0/mlflow/server-info`,
      { config: { operation: OPERATIONS.info, policy: OPEN } },
      async (_, reply) => reply.type("application/json").send(info),
    );
  }
}
