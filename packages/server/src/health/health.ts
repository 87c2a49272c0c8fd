import type { FastifyInstance } from "fastify";

/** Liveness, the version, and what a client may expect of this server. `/health` and `/version` answer to any Host. */
export const OPEN_PATHS: ReadonlySet<string> = new Set(["/health", "/version"]);

const SERVER_INFO = JSON.stringify({
  store_type: "SqlStore",
  workspaces_enabled: false,
  trace_archival_enabled: false,
  multipart_uploads_enabled: false,
  multipart_downloads_enabled: false,
  presigned_upload_run_id_supported: false,
  presigned_upload_model_id_supported: false,
  features_enabled: { gateway: false },
});

export function mountHealth(app: FastifyInstance, version: string): void {
  app.get("/health", async (_, reply) => reply.type("text/plain; charset=utf-8").send("OK"));
  app.get("/version", async (_, reply) => reply.type("text/plain; charset=utf-8").send(version));
  for (const prefix of ["/api", "/ajax-api"]) {
    app.get(`${prefix}/3.0/mlflow/server-info`, async (_, reply) => reply.type("application/json").send(SERVER_INFO));
  }
}
