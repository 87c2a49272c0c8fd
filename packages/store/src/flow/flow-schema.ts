import type { SchemaObject } from "../database/esteira-schema.ts";

export const FLOW_OBJECTS: readonly SchemaObject[] = [
  {
    name: "esteira_flow_specs",
    create: "CREATE TABLE esteira_flow_specs (model VARCHAR(256) NOT NULL PRIMARY KEY, spec TEXT NOT NULL)",
  },
  {
    name: "esteira_flows",
    create: `CREATE TABLE esteira_flows (
  id BIGINT NOT NULL PRIMARY KEY,
  model VARCHAR(256) NOT NULL,
  version INTEGER NOT NULL,
  former INTEGER,
  target VARCHAR(64) NOT NULL,
  state TEXT NOT NULL,
  work VARCHAR(32),
  number INTEGER NOT NULL,
  due_at BIGINT NOT NULL,
  deadline BIGINT,
  change_order BIGINT NOT NULL,
  lease VARCHAR(64),
  leased_until BIGINT,
  runner VARCHAR(256),
  started_by VARCHAR(256) NOT NULL,
  started_at BIGINT NOT NULL,
  ended_at BIGINT
)`,
  },
  {
    // Few flows are under way, however many there were.
    name: "esteira_flows_active",
    create: "CREATE INDEX esteira_flows_active ON esteira_flows (model, id) WHERE work IS NOT NULL",
  },
  {
    name: "esteira_flows_by_model",
    create: "CREATE INDEX esteira_flows_by_model ON esteira_flows (model, id)",
  },
  {
    name: "esteira_flow_steps",
    create: `CREATE TABLE esteira_flow_steps (
  flow BIGINT NOT NULL REFERENCES esteira_flows (id) ON DELETE CASCADE,
  number INTEGER NOT NULL,
  work VARCHAR(32) NOT NULL,
  began_at BIGINT NOT NULL,
  ended_at BIGINT,
  ending VARCHAR(32),
  note TEXT,
  result TEXT,
  claims INTEGER NOT NULL,
  PRIMARY KEY (flow, number)
)`,
  },
];
