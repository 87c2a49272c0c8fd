import type { Int64 } from "@esteira/core/int64";
import type { Generated, Kysely } from "kysely";
import type { AccessTables } from "../access/access-tables.ts";
import type { DeploymentTables } from "../deployment/deployment-tables.ts";
import type { FlowTables } from "../flow/flow-tables.ts";
import type { PolicyTables } from "../policy/policy-tables.ts";
import type { ReviewTables } from "../review/review-tables.ts";
import type { TimelineTables } from "../timeline/timeline-tables.ts";
import type { TrustTables } from "../trust/trust-tables.ts";

/** The tables of MLflow's schema that Esteira reads and writes, and its own. Times are milliseconds since the epoch. */
export interface Tables
  extends AccessTables,
    TimelineTables,
    PolicyTables,
    TrustTables,
    FlowTables,
    DeploymentTables,
    ReviewTables {
  alembic_version: { version_num: string };
  workspaces: { name: string; description: string | null };
  experiments: {
    experiment_id: Generated<number>;
    name: string;
    artifact_location: string | null;
    lifecycle_stage: Lifecycle;
    creation_time: number | null;
    last_update_time: number | null;
    workspace: Generated<string>;
  };
  experiment_tags: { key: string; value: string | null; experiment_id: number };
  runs: {
    run_uuid: string;
    name: string | null;
    source_type: string | null;
    source_name: string | null;
    entry_point_name: string | null;
    user_id: string | null;
    status: string | null;
    start_time: Int64 | null;
    end_time: Int64 | null;
    deleted_time: number | null;
    source_version: string | null;
    lifecycle_stage: Lifecycle | null;
    artifact_uri: string | null;
    experiment_id: number | null;
  };
  params: { key: string; value: string; run_uuid: string };
  tags: { key: string; value: string | null; run_uuid: string };
  metrics: MetricColumns;
  latest_metrics: MetricColumns;
  datasets: {
    dataset_uuid: string;
    experiment_id: number;
    name: string;
    digest: string;
    dataset_source_type: string;
    dataset_source: string;
    dataset_schema: string | null;
    dataset_profile: string | null;
  };
  inputs: {
    input_uuid: string;
    source_type: string;
    source_id: string;
    destination_type: string;
    destination_id: string;
    step: Generated<Int64>;
  };
  input_tags: { input_uuid: string; name: string; value: string };
  logged_models: {
    model_id: string;
    experiment_id: number;
    name: string;
    artifact_location: string;
    creation_timestamp_ms: number;
    last_updated_timestamp_ms: number;
    status: number;
    lifecycle_stage: Lifecycle | null;
    model_type: string | null;
    source_run_id: string | null;
    status_message: string | null;
  };
  logged_model_params: { model_id: string; experiment_id: number; param_key: string; param_value: string };
  logged_model_tags: { model_id: string; experiment_id: number; tag_key: string; tag_value: string };
  logged_model_metrics: {
    model_id: string;
    metric_name: string;
    metric_timestamp_ms: Int64;
    metric_step: Int64;
    metric_value: number | null;
    experiment_id: number;
    run_id: string;
    dataset_uuid: string | null;
    dataset_name: string | null;
    dataset_digest: string | null;
  };
  registered_models: {
    name: string;
    creation_time: number | null;
    last_updated_time: number | null;
    description: string | null;
    workspace: Generated<string>;
  };
  registered_model_tags: { key: string; value: string | null; name: string; workspace: Generated<string> };
  registered_model_aliases: { alias: string; version: number; name: string; workspace: Generated<string> };
  model_versions: {
    name: string;
    version: number;
    creation_time: number | null;
    last_updated_time: number | null;
    description: string | null;
    user_id: string | null;
    current_stage: string | null;
    source: string | null;
    run_id: string | null;
    status: string | null;
    status_message: string | null;
    run_link: string | null;
    storage_location: string | null;
    workspace: Generated<string>;
  };
  model_version_tags: {
    key: string;
    value: string | null;
    name: string;
    version: number;
    workspace: Generated<string>;
  };
  webhooks: {
    webhook_id: string;
    name: string;
    description: string | null;
    url: string;
    status: Generated<string>;
    secret: string | null;
    creation_timestamp: number | null;
    last_updated_timestamp: number | null;
    deleted_timestamp: number | null;
    workspace: Generated<string>;
  };
  webhook_events: { webhook_id: string; entity: string; action: string };
  /** Ours: what is to be sent, and what became of it. */
  esteira_webhook_deliveries: {
    delivery_id: string;
    webhook_id: string;
    entity: string;
    action: string;
    body: string;
    state: string;
    attempts: number;
    created_at: number;
    next_attempt_at: number;
    response_status: number | null;
    error: string | null;
  };
  /** Ours: files whose run or logged model is gone, until they are gone too. */
  esteira_condemned_artifacts: {
    owner_id: string;
    owner_kind: "run" | "logged model";
    location: string;
    condemned_at: number;
  };
}

type Lifecycle = "active" | "deleted";

interface MetricColumns {
  key: string;
  value: number;
  timestamp: Int64;
  step: Int64;
  is_nan: number | boolean;
  run_uuid: string;
}

export type Database = Kysely<Tables>;

/** Everything that Esteira stores lives in MLflow's default workspace. */
export const WORKSPACE = "default";
