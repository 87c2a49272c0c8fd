import { ACCESS_OBJECTS } from "../access/access-schema.ts";
import { DEPLOYMENT_OBJECTS } from "../deployment/deployment-schema.ts";
import { FLOW_OBJECTS } from "../flow/flow-schema.ts";
import { POLICY_OBJECTS } from "../policy/policy-schema.ts";
import { REVIEW_OBJECTS } from "../review/review-schema.ts";
import { TIMELINE_OBJECTS } from "../timeline/timeline-schema.ts";
import { TRUST_OBJECTS } from "../trust/trust-schema.ts";
import type { DialectName } from "./dialect.ts";

export interface SchemaObject {
  readonly name: string;
  /** One statement, and ours to word so that both databases take it: types TEXT, BIGINT, DOUBLE PRECISION, BOOLEAN. */
  readonly create: string | Readonly<Record<DialectName, string>>;
}

/**
 * Indexes and tables of ours beside MLflow's. MLflow checks only the revision of a database, so they do not disturb it;
 * the prefix tells whose they are. PostgreSQL refuses an index entry of more than a third of a page, so there long texts
 * are indexed by their beginning.
 */
const OBJECTS: readonly SchemaObject[] = [
  {
    name: "esteira_runs_by_start",
    create: "CREATE INDEX esteira_runs_by_start ON runs (experiment_id, start_time DESC, run_uuid, lifecycle_stage)",
  },
  {
    name: "esteira_runs_by_time",
    create: "CREATE INDEX esteira_runs_by_time ON runs (start_time DESC, run_uuid, experiment_id, lifecycle_stage)",
  },
  {
    name: "esteira_runs_by_end",
    create: "CREATE INDEX esteira_runs_by_end ON runs (end_time, run_uuid, experiment_id, lifecycle_stage, start_time)",
  },
  {
    name: "esteira_runs_by_name",
    create: "CREATE INDEX esteira_runs_by_name ON runs (name, run_uuid, experiment_id, lifecycle_stage, start_time)",
  },
  {
    // Few runs are live, however many there are.
    name: "esteira_runs_live",
    create: `CREATE INDEX esteira_runs_live ON runs (experiment_id, start_time DESC, run_uuid)
  WHERE status IN ('RUNNING', 'SCHEDULED') AND lifecycle_stage = 'active'`,
  },
  {
    // What a walk over metrics, params or tags asks of each run, without reading the run itself.
    name: "esteira_runs_by_id",
    create: "CREATE INDEX esteira_runs_by_id ON runs (run_uuid, experiment_id, lifecycle_stage, start_time)",
  },
  {
    name: "esteira_latest_metrics_by_value",
    create: `CREATE INDEX esteira_latest_metrics_by_value ON latest_metrics ("key", is_nan, value, run_uuid)`,
  },
  {
    name: "esteira_params_by_value",
    create: {
      sqlite: `CREATE INDEX esteira_params_by_value ON params ("key", value, run_uuid)`,
      postgres: `CREATE INDEX esteira_params_by_value ON params ("key", left(value, 256), run_uuid)`,
    },
  },
  {
    name: "esteira_tags_by_value",
    create: {
      sqlite: `CREATE INDEX esteira_tags_by_value ON tags ("key", value, run_uuid)`,
      postgres: `CREATE INDEX esteira_tags_by_value ON tags ("key", left(value, 256), run_uuid)`,
    },
  },
  {
    name: "esteira_logged_models_by_creation",
    create:
      "CREATE INDEX esteira_logged_models_by_creation ON logged_models (experiment_id, creation_timestamp_ms DESC, model_id)",
  },
  {
    name: "esteira_model_versions_by_run",
    create: "CREATE INDEX esteira_model_versions_by_run ON model_versions (run_id)",
  },
  {
    name: "esteira_webhook_deliveries",
    create: `CREATE TABLE esteira_webhook_deliveries (
  delivery_id TEXT NOT NULL PRIMARY KEY,
  webhook_id VARCHAR(256) NOT NULL REFERENCES webhooks (webhook_id) ON DELETE CASCADE,
  entity TEXT NOT NULL,
  action TEXT NOT NULL,
  body TEXT NOT NULL,
  state TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  created_at BIGINT NOT NULL,
  next_attempt_at BIGINT NOT NULL,
  response_status INTEGER,
  error TEXT
)`,
  },
  {
    name: "esteira_webhook_deliveries_by_due",
    create: "CREATE INDEX esteira_webhook_deliveries_by_due ON esteira_webhook_deliveries (state, next_attempt_at)",
  },
  {
    name: "esteira_webhook_deliveries_by_webhook",
    create: "CREATE INDEX esteira_webhook_deliveries_by_webhook ON esteira_webhook_deliveries (webhook_id, created_at)",
  },
  {
    name: "esteira_condemned_artifacts",
    create: `CREATE TABLE esteira_condemned_artifacts (
  owner_id VARCHAR(64) NOT NULL PRIMARY KEY,
  owner_kind TEXT NOT NULL,
  location TEXT NOT NULL,
  condemned_at BIGINT NOT NULL
)`,
  },
  ...ACCESS_OBJECTS,
  ...TIMELINE_OBJECTS,
  ...POLICY_OBJECTS,
  ...TRUST_OBJECTS,
  ...FLOW_OBJECTS,
  ...DEPLOYMENT_OBJECTS,
  ...REVIEW_OBJECTS,
];

/** The statements that create what is not there yet. */
export const missingObjects = (dialect: DialectName, present: ReadonlySet<string>): readonly string[] =>
  OBJECTS.filter(({ name }) => !present.has(name)).map(({ create }) =>
    typeof create === "string" ? create : create[dialect],
  );
