import type { SchemaObject } from "../database/esteira-schema.ts";

export const DEPLOYMENT_OBJECTS: readonly SchemaObject[] = [
  {
    name: "esteira_deployments",
    create: `CREATE TABLE esteira_deployments (
  id BIGINT NOT NULL PRIMARY KEY,
  target VARCHAR(32) NOT NULL,
  place VARCHAR(512) NOT NULL,
  name VARCHAR(128) NOT NULL,
  model VARCHAR(256) NOT NULL,
  version INTEGER NOT NULL,
  state VARCHAR(16) NOT NULL,
  arms TEXT NOT NULL,
  former TEXT,
  url TEXT,
  generation BIGINT,
  changed_at BIGINT NOT NULL,
  changed_by VARCHAR(256) NOT NULL,
  flow BIGINT,
  problem TEXT,
  UNIQUE (target, place, name)
)`,
  },
  {
    name: "esteira_deployments_by_model",
    create: "CREATE INDEX esteira_deployments_by_model ON esteira_deployments (model, id)",
  },
  {
    name: "esteira_deployment_changes",
    create: `CREATE TABLE esteira_deployment_changes (
  id BIGINT NOT NULL PRIMARY KEY,
  deployment BIGINT NOT NULL REFERENCES esteira_deployments (id) ON DELETE CASCADE,
  model VARCHAR(256) NOT NULL,
  version INTEGER NOT NULL,
  kind VARCHAR(16) NOT NULL,
  arms TEXT NOT NULL,
  changed_at BIGINT NOT NULL,
  changed_by VARCHAR(256) NOT NULL,
  flow BIGINT,
  note TEXT
)`,
  },
  {
    name: "esteira_deployment_changes_by_deployment",
    create: "CREATE INDEX esteira_deployment_changes_by_deployment ON esteira_deployment_changes (deployment, id)",
  },
  {
    name: "esteira_rollback_orders",
    create: `CREATE TABLE esteira_rollback_orders (
  id BIGINT NOT NULL PRIMARY KEY,
  deployment BIGINT NOT NULL REFERENCES esteira_deployments (id) ON DELETE CASCADE,
  asked_by VARCHAR(256) NOT NULL,
  asked_at BIGINT NOT NULL,
  reason TEXT NOT NULL,
  generation BIGINT,
  lease VARCHAR(64),
  leased_until BIGINT,
  runner VARCHAR(256),
  outcome VARCHAR(16),
  note TEXT,
  ended_at BIGINT
)`,
  },
  {
    // Few are waited for, however many there were.
    name: "esteira_rollback_orders_open",
    create:
      "CREATE INDEX esteira_rollback_orders_open ON esteira_rollback_orders (deployment, id) WHERE outcome IS NULL",
  },
  {
    name: "esteira_runners",
    create: `CREATE TABLE esteira_runners (
  runner VARCHAR(256) NOT NULL,
  target VARCHAR(32) NOT NULL,
  place VARCHAR(512) NOT NULL,
  seen_at BIGINT NOT NULL,
  PRIMARY KEY (runner, target, place)
)`,
  },
];
