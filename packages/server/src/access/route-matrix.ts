/** Of all users of the walk. */
export const PASSWORD = "a long enough password";

/** What one call of a route names; made anew for each call, because some calls delete it. */
export interface Seed {
  readonly experiment: string;
  readonly experimentName: string;
  readonly run: string;
  readonly loggedModel: string;
  readonly model: string;
}

/** The least that a user must have been granted on what the call names. `signed-in`: nothing, but a name. */
export type Least = "open" | "signed-in" | "READ" | "USE" | "EDIT" | "MANAGE" | "admin";

export interface RouteCase {
  readonly least: Least;
  /** What `who` sends: fields of the query (GET, uploads) or the body; parameters of the path by `:name`, its rest by `*`. */
  readonly send?: (seed: Seed, who: string) => Readonly<Record<string, unknown>>;
}

const experiment = (seed: Seed) => ({ experiment_id: seed.experiment });
const run = (seed: Seed) => ({ run_id: seed.run });
const logged = (seed: Seed) => ({ ":model_id": seed.loggedModel, model_id: seed.loggedModel });
const model = (seed: Seed) => ({ name: seed.model });
const version = (seed: Seed) => ({ name: seed.model, version: "1" });
const alert = (seed: Seed) => ({ ...model(seed), decision_id: "none" });
const tag = { key: "k", value: "v" };
const artifact = (seed: Seed) => ({ "*": `${seed.experiment}/${seed.run}/artifacts/a.txt` });
const role = () => ({ role_id: 999 });
const grantee = { username: "stranger", permission: "READ" };
const grant = (seed: Seed) => ({ ...grantee, resource_type: "experiment", resource_id: seed.experiment });
const webhook = () => ({ ":webhook_id": "none" });
const metric = { key: "m", value: 1, timestamp: 1, step: 0 };

/** Every route of the server by method and path, without MLflow's prefixes. The walk fails for one that is not here. */
export const ROUTES: Readonly<Record<string, RouteCase>> = {
  "GET /": { least: "open" },
  "GET /health": { least: "open" },
  "GET /ready": { least: "open" },
  "GET /version": { least: "open" },
  "GET /metrics": { least: "signed-in" },
  "GET /3.0/server-info": { least: "open" },
  "GET /api/esteira/v1/openapi.json": { least: "open" },

  "POST /experiments/create": { least: "signed-in", send: (seed) => ({ name: `new ${seed.run}` }) },
  "GET /experiments/get": { least: "READ", send: experiment },
  "GET /experiments/get-by-name": { least: "READ", send: (seed) => ({ experiment_name: seed.experimentName }) },
  "GET /experiments/search": { least: "signed-in", send: () => ({ max_results: 5 }) },
  "POST /experiments/search": { least: "signed-in", send: () => ({ max_results: 5 }) },
  "POST /experiments/update": { least: "EDIT", send: (seed) => ({ ...experiment(seed), new_name: `x ${seed.run}` }) },
  "POST /experiments/delete": { least: "MANAGE", send: experiment },
  "POST /experiments/restore": { least: "MANAGE", send: experiment },
  "POST /experiments/set-experiment-tag": { least: "EDIT", send: (seed) => ({ ...experiment(seed), ...tag }) },
  "POST /experiments/delete-experiment-tag": { least: "EDIT", send: (seed) => ({ ...experiment(seed), ...tag }) },
  "POST /experiments/search-datasets": { least: "READ", send: (seed) => ({ experiment_ids: [seed.experiment] }) },

  "POST /runs/create": { least: "EDIT", send: experiment },
  "GET /runs/get": { least: "READ", send: run },
  "POST /runs/update": { least: "EDIT", send: run },
  "POST /runs/delete": { least: "MANAGE", send: run },
  "POST /runs/restore": { least: "MANAGE", send: run },
  "POST /runs/search": { least: "signed-in", send: (seed) => ({ experiment_ids: [seed.experiment] }) },
  "POST /runs/set-tag": { least: "EDIT", send: (seed) => ({ ...run(seed), ...tag }) },
  "POST /runs/delete-tag": { least: "EDIT", send: (seed) => ({ ...run(seed), ...tag }) },
  "POST /runs/log-metric": { least: "EDIT", send: (seed) => ({ ...run(seed), ...metric }) },
  "POST /runs/log-parameter": { least: "EDIT", send: (seed) => ({ ...run(seed), ...tag }) },
  "POST /runs/log-batch": { least: "EDIT", send: (seed) => ({ ...run(seed), metrics: [metric] }) },
  "POST /runs/log-inputs": { least: "EDIT", send: run },
  "POST /runs/outputs": { least: "EDIT", send: (seed) => ({ ...run(seed), models: [] }) },
  "POST /runs/log-model": { least: "EDIT", send: (seed) => ({ ...run(seed), model_json: "{}" }) },
  "GET /metrics/get-history": { least: "READ", send: (seed) => ({ ...run(seed), metric_key: "m" }) },
  "GET /metrics/get-history-bulk-interval": { least: "READ", send: (seed) => ({ run_ids: seed.run, metric_key: "m" }) },
  "GET /metrics/get-history-bulk": { least: "READ", send: (seed) => ({ ...run(seed), metric_key: "m" }) },
  "GET /artifacts/list": { least: "READ", send: run },

  "POST /logged-models": { least: "EDIT", send: experiment },
  "POST /logged-models/search": { least: "signed-in", send: (seed) => ({ experiment_ids: [seed.experiment] }) },
  "GET /logged-models/:model_id": { least: "READ", send: logged },
  "PATCH /logged-models/:model_id": {
    least: "EDIT",
    send: (seed) => ({ ...logged(seed), status: "LOGGED_MODEL_READY" }),
  },
  "DELETE /logged-models/:model_id": { least: "MANAGE", send: logged },
  "PATCH /logged-models/:model_id/tags": { least: "EDIT", send: (seed) => ({ ...logged(seed), tags: [tag] }) },
  "DELETE /logged-models/:model_id/tags/:tag_key": {
    least: "MANAGE",
    send: (seed) => ({ ...logged(seed), ":tag_key": "k" }),
  },
  "POST /logged-models/:model_id/params": { least: "EDIT", send: (seed) => ({ ...logged(seed), params: [tag] }) },
  "GET /logged-models/:model_id/artifacts/directories": { least: "READ", send: logged },
  "GET /logged-models/:model_id/artifacts/files": {
    least: "READ",
    send: (seed) => ({ ...logged(seed), artifact_file_path: "a.txt" }),
  },

  "POST /registered-models/create": { least: "signed-in", send: (seed) => ({ name: `new-${seed.run}` }) },
  "GET /registered-models/get": { least: "READ", send: model },
  "POST /registered-models/rename": { least: "EDIT", send: (seed) => ({ ...model(seed), new_name: `x-${seed.run}` }) },
  "PATCH /registered-models/update": { least: "EDIT", send: model },
  "DELETE /registered-models/delete": { least: "MANAGE", send: model },
  "GET /registered-models/search": { least: "signed-in" },
  "GET /registered-models/get-latest-versions": { least: "READ", send: model },
  "POST /registered-models/get-latest-versions": { least: "READ", send: model },
  "POST /registered-models/set-tag": { least: "EDIT", send: (seed) => ({ ...model(seed), ...tag }) },
  "DELETE /registered-models/delete-tag": { least: "EDIT", send: (seed) => ({ ...model(seed), ...tag }) },
  "POST /registered-models/alias": { least: "EDIT", send: (seed) => ({ ...version(seed), alias: "champion" }) },
  "DELETE /registered-models/alias": { least: "MANAGE", send: (seed) => ({ ...model(seed), alias: "champion" }) },
  "GET /registered-models/alias": { least: "READ", send: (seed) => ({ ...model(seed), alias: "champion" }) },

  "POST /model-versions/create": {
    least: "EDIT",
    send: (seed) => ({ ...model(seed), source: `runs:/${seed.run}/m`, run_id: seed.run, model_id: seed.loggedModel }),
  },
  "GET /model-versions/get": { least: "READ", send: version },
  "PATCH /model-versions/update": { least: "EDIT", send: version },
  "DELETE /model-versions/delete": { least: "MANAGE", send: version },
  "POST /model-versions/transition-stage": { least: "EDIT", send: (seed) => ({ ...version(seed), stage: "Staging" }) },
  "GET /model-versions/search": { least: "signed-in" },
  "GET /model-versions/get-download-uri": { least: "READ", send: version },
  "POST /model-versions/set-tag": { least: "EDIT", send: (seed) => ({ ...version(seed), ...tag }) },
  "DELETE /model-versions/delete-tag": { least: "MANAGE", send: (seed) => ({ ...version(seed), ...tag }) },

  "GET /mlflow-artifacts/artifacts": { least: "READ", send: (seed) => ({ path: `${seed.experiment}/${seed.run}` }) },
  "GET /mlflow-artifacts/artifacts/*": { least: "READ", send: artifact },
  "PUT /mlflow-artifacts/artifacts/*": { least: "EDIT", send: artifact },
  "DELETE /mlflow-artifacts/artifacts/*": { least: "MANAGE", send: artifact },
  "POST /mlflow-artifacts/mpu/create/*": {
    least: "EDIT",
    send: (seed) => ({ ...artifact(seed), path: "b", num_parts: 1 }),
  },
  "POST /mlflow-artifacts/mpu/complete/*": {
    least: "EDIT",
    send: (seed) => ({ ...artifact(seed), path: "b", parts: [] }),
  },
  "POST /mlflow-artifacts/mpu/abort/*": { least: "EDIT", send: (seed) => ({ ...artifact(seed), path: "b" }) },
  "GET /mlflow-artifacts/presigned/*": { least: "READ", send: artifact },
  "POST /artifacts/presigned-upload-url": { least: "EDIT", send: (seed) => ({ ...run(seed), path: "a.txt" }) },
  "POST /artifacts/presigned-download-url": { least: "READ", send: (seed) => ({ ...run(seed), path: "a.txt" }) },
  "GET /get-artifact": { least: "READ", send: (seed) => ({ ...run(seed), path: "a.txt" }) },
  "GET /model-versions/get-artifact": { least: "READ", send: (seed) => ({ ...version(seed), path: "a.txt" }) },
  "POST /webhooks": { least: "admin", send: () => ({ name: "w", url: "x", events: [] }) },
  "GET /webhooks": { least: "admin" },
  "GET /webhooks/:webhook_id": { least: "admin", send: webhook },
  "PATCH /webhooks/:webhook_id": { least: "admin", send: webhook },
  "DELETE /webhooks/:webhook_id": { least: "admin", send: webhook },
  "POST /webhooks/:webhook_id/test": { least: "admin", send: webhook },
  "GET /api/esteira/v1/webhooks/:webhook_id/deliveries": { least: "admin", send: webhook },
  "POST /api/esteira/v1/webhooks/:webhook_id/deliveries/:delivery_id/replay": {
    least: "admin",
    send: () => ({ ...webhook(), ":delivery_id": "none" }),
  },
  "POST /upload-artifact": { least: "EDIT", send: (seed) => ({ ...run(seed), path: "b.txt" }) },

  "POST /api/esteira/v1/runs/search": {
    least: "signed-in",
    send: (seed) => ({ experiment_ids: [seed.experiment], count: true, columns: ["min(metrics.m)"] }),
  },
  "POST /api/esteira/v1/runs/columns": {
    least: "signed-in",
    send: (seed) => ({ experiment_ids: [seed.experiment], columns: ["metrics.m", "attributes.run_name"] }),
  },
  "GET /api/esteira/v1/runs/keys": { least: "signed-in", send: (seed) => ({ experiment_ids: [seed.experiment] }) },
  "GET /api/esteira/v1/metrics/history": {
    least: "READ",
    send: (seed) => ({ run_ids: seed.run, metric_key: "m" }),
  },
  "GET /api/esteira/v1/runs/events": {
    least: "READ",
    // The walk waits for the end of the answer: a position that is none ends it at once.
    send: (seed) => ({ run_ids: seed.run, experiment_ids: seed.experiment, last_event_id: "none" }),
  },
  "GET /api/esteira/v1/timeline/entries": { least: "admin" },
  "GET /api/esteira/v1/timeline/history": { least: "READ", send: model },
  "GET /api/esteira/v1/timeline/standing": { least: "READ", send: model },
  "GET /api/esteira/v1/timeline/checkpoints": { least: "admin" },
  "POST /api/esteira/v1/timeline/checkpoints": { least: "admin" },
  "GET /api/esteira/v1/timeline/proof": { least: "admin", send: () => ({ sequence: 1 }) },
  "POST /api/esteira/v1/timeline/verify": { least: "admin" },
  "POST /api/esteira/v1/policies/set": {
    least: "admin",
    send: () => ({ name: "none", policy: { aliases: ["live"] } }),
  },
  "GET /api/esteira/v1/policies/get": { least: "READ", send: model },
  "GET /api/esteira/v1/policies/find": { least: "READ", send: model },
  "GET /api/esteira/v1/policies/list": { least: "admin" },
  "POST /api/esteira/v1/policies/remove": { least: "admin", send: () => ({ name: "none" }) },
  "POST /api/esteira/v1/policies/break-glass": {
    least: "admin",
    send: () => ({ name: "none", reason: "it is on fire", minutes: 1 }),
  },
  "POST /api/esteira/v1/policies/evidence": {
    least: "EDIT",
    send: (seed) => ({ signed: { evidence: { name: seed.model } } }),
  },
  "POST /api/esteira/v1/policies/approve": { least: "READ", send: (seed) => ({ ...version(seed), alias: "champion" }) },
  "GET /api/esteira/v1/policies/prospect": { least: "READ", send: (seed) => ({ ...version(seed), alias: "champion" }) },
  "POST /api/esteira/v1/flows/set": { least: "admin", send: () => ({ name: "none", spec: {} }) },
  "GET /api/esteira/v1/flows/spec": { least: "READ", send: model },
  "POST /api/esteira/v1/flows/remove": { least: "admin", send: () => ({ name: "none" }) },
  "POST /api/esteira/v1/flows/start": { least: "EDIT", send: version },
  "GET /api/esteira/v1/flows/get": { least: "READ", send: (seed) => ({ ...model(seed), flow_id: 1 }) },
  "GET /api/esteira/v1/flows/of-model": { least: "READ", send: model },
  "GET /api/esteira/v1/flows/list": { least: "admin" },
  "POST /api/esteira/v1/flows/decide": {
    least: "READ",
    send: (seed) => ({ ...model(seed), flow_id: 1, decision: "approve" }),
  },
  "POST /api/esteira/v1/flows/end": {
    least: "EDIT",
    send: (seed) => ({ ...model(seed), flow_id: 1, how: "cancel" }),
  },
  "POST /api/esteira/v1/flows/claim": { least: "admin", send: () => ({ runner: "walk", targets: ["none"] }) },
  "POST /api/esteira/v1/flows/renew": { least: "admin", send: () => ({ flow_id: 1, number: 1, lease: "none" }) },
  "POST /api/esteira/v1/flows/report": {
    least: "admin",
    send: () => ({ flow_id: 1, number: 1, lease: "none", kind: "done" }),
  },
  "POST /api/esteira/v1/deployments/record": {
    least: "EDIT",
    send: (seed) => ({
      ...{ ...version(seed), target: "local", place: "here", deployment: seed.model, kind: "applied" },
      arms: [{ role: "primary", uri: `models:/${seed.model}/1`, share: 1 }],
    }),
  },
  "GET /api/esteira/v1/deployments/list": { least: "signed-in" },
  "GET /api/esteira/v1/deployments/of-model": { least: "READ", send: model },
  "GET /api/esteira/v1/deployments/get": { least: "READ", send: (seed) => ({ ...model(seed), deployment_id: 1 }) },
  "POST /api/esteira/v1/deployments/rollback": {
    least: "EDIT",
    send: (seed) => ({ ...model(seed), deployment_id: 1 }),
  },
  "POST /api/esteira/v1/deployments/claim": { least: "admin", send: () => ({ runner: "walk", places: [] }) },
  "POST /api/esteira/v1/deployments/settle": {
    least: "admin",
    send: () => ({ order_id: 1, lease: "none", outcome: "done" }),
  },
  "GET /api/esteira/v1/deployments/events": { least: "signed-in" },
  "POST /api/esteira/v1/reviews/put": { least: "EDIT", send: (seed) => ({ ...model(seed), currency: "BRL" }) },
  "GET /api/esteira/v1/reviews/list": { least: "USE", send: model },
  "GET /api/esteira/v1/reviews/get": { least: "USE", send: alert },
  "POST /api/esteira/v1/reviews/hold": { least: "USE", send: (seed) => ({ ...alert(seed), holder: "walk" }) },
  "POST /api/esteira/v1/reviews/judge": { least: "USE", send: (seed) => ({ ...alert(seed), revision: 0 }) },
  "GET /api/esteira/v1/reviews/judged": { least: "EDIT", send: model },
  "POST /api/esteira/v1/reviews/remove": { least: "EDIT", send: (seed) => ({ ...model(seed), before: 1 }) },
  "GET /api/esteira/v1/access": { least: "open" },
  "POST /api/esteira/v1/access/sessions": { least: "open", send: () => ({ username: "reader", password: PASSWORD }) },
  "DELETE /api/esteira/v1/access/sessions/current": { least: "signed-in" },
  "POST /api/esteira/v1/access/setup": {
    least: "open",
    // Too short a password is told before the token is looked at.
    send: () => ({ token: "none", username: "x", password: "short" }),
  },
  "GET /api/esteira/v1/access/rights": {
    least: "signed-in",
    send: (seed) => ({ resource_type: "registered_model", resource_id: seed.model }),
  },
  "GET /api/esteira/v1/access/oidc/start": { least: "open" },
  "GET /api/esteira/v1/access/oidc/callback": { least: "open" },
  "POST /api/esteira/v1/access/trust/add": {
    least: "admin",
    send: (seed) => ({ ...{ name: "ci", model: seed.model, audience: "a", steps: [] }, issuer: "https://ci.example" }),
  },
  "GET /api/esteira/v1/access/trust/list": { least: "admin" },
  "POST /api/esteira/v1/access/trust/remove": { least: "admin", send: () => ({ name: "none" }) },
  "POST /api/esteira/v1/access/trust/exchange": {
    least: "open",
    send: (seed) => ({ token: "none", model: seed.model, step: "none" }),
  },
  "POST /api/esteira/v1/access/tokens": { least: "signed-in", send: () => ({ name: "ci", scopes: ["read"] }) },
  "GET /api/esteira/v1/access/tokens": { least: "signed-in" },
  "DELETE /api/esteira/v1/access/tokens/:token_id": { least: "signed-in", send: () => ({ ":token_id": "none" }) },

  "POST /users/create": { least: "admin", send: (seed) => ({ username: seed.run, password: PASSWORD }) },
  "GET /users/get": { least: "signed-in", send: (_, who) => ({ username: who }) },
  "GET /users/list": { least: "signed-in" },
  "GET /users/current": { least: "signed-in" },
  "PATCH /users/update-password": { least: "signed-in", send: (_, who) => ({ username: who, password: PASSWORD }) },
  "PATCH /users/update-admin": { least: "admin", send: () => ({ username: "stranger", is_admin: false }) },
  "DELETE /users/delete": { least: "admin", send: () => ({ username: "who is not" }) },
  "POST /3.0/users/permissions/grant": { least: "MANAGE", send: grant },
  "POST /3.0/users/permissions/revoke": { least: "MANAGE", send: grant },
  "GET /3.0/users/permissions/get": { least: "signed-in", send: (seed, who) => ({ ...grant(seed), username: who }) },
  "GET /3.0/users/permissions/list": { least: "signed-in", send: (_, who) => ({ username: who }) },
  "GET /3.0/users/current/permissions": { least: "signed-in" },
  "GET /3.0/users/roles/list": { least: "signed-in", send: (_, who) => ({ username: who }) },
  "POST /3.0/roles/create": { least: "admin", send: (seed) => ({ name: seed.run, workspace: "default" }) },
  // For whoever has any role: the walk's users have made something before, and manage it.
  "GET /3.0/roles/get": { least: "signed-in", send: role },
  "GET /3.0/roles/list": { least: "signed-in", send: () => ({ workspace: "default" }) },
  "PATCH /3.0/roles/update": { least: "admin", send: () => ({ ...role(), name: "x" }) },
  "DELETE /3.0/roles/delete": { least: "admin", send: role },
  "POST /3.0/roles/permissions/add": {
    least: "admin",
    send: () => ({ ...role(), resource_type: "run", resource_pattern: "*", permission: "READ" }),
  },
  "DELETE /3.0/roles/permissions/remove": { least: "admin", send: () => ({ role_permission_id: 999 }) },
  "GET /3.0/roles/permissions/list": { least: "signed-in", send: role },
  "PATCH /3.0/roles/permissions/update": {
    least: "admin",
    send: () => ({ role_permission_id: 999, permission: "READ" }),
  },
  "POST /3.0/roles/assign": { least: "admin", send: () => ({ ...role(), username: "stranger" }) },
  "DELETE /3.0/roles/unassign": { least: "admin", send: () => ({ ...role(), username: "stranger" }) },
  "GET /3.0/roles/users/list": { least: "admin", send: role },
  "POST /experiments/permissions/create": { least: "MANAGE", send: (seed) => ({ ...grantee, ...experiment(seed) }) },
  "GET /experiments/permissions/get": { least: "MANAGE", send: (seed) => ({ ...grantee, ...experiment(seed) }) },
  "PATCH /experiments/permissions/update": { least: "MANAGE", send: (seed) => ({ ...grantee, ...experiment(seed) }) },
  "DELETE /experiments/permissions/delete": { least: "MANAGE", send: (seed) => ({ ...grantee, ...experiment(seed) }) },
  "POST /registered-models/permissions/create": { least: "MANAGE", send: (seed) => ({ ...grantee, ...model(seed) }) },
  "GET /registered-models/permissions/get": { least: "MANAGE", send: (seed) => ({ ...grantee, ...model(seed) }) },
  "PATCH /registered-models/permissions/update": { least: "MANAGE", send: (seed) => ({ ...grantee, ...model(seed) }) },
  "DELETE /registered-models/permissions/delete": { least: "MANAGE", send: (seed) => ({ ...grantee, ...model(seed) }) },
};
