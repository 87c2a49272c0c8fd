import type { SchemaObject } from "../database/esteira-schema.ts";

export const TRUST_OBJECTS: readonly SchemaObject[] = [
  {
    name: "esteira_trusted_identities",
    create: `CREATE TABLE esteira_trusted_identities (
  name VARCHAR(255) NOT NULL PRIMARY KEY,
  model VARCHAR(256) NOT NULL,
  issuer VARCHAR(1000) NOT NULL,
  audience VARCHAR(1000) NOT NULL,
  claims TEXT NOT NULL,
  steps VARCHAR(255) NOT NULL,
  experiment_ids TEXT NOT NULL,
  read_only_experiment_ids TEXT NOT NULL,
  minutes INTEGER NOT NULL,
  digest VARCHAR(64) NOT NULL,
  created_at BIGINT NOT NULL
)`,
  },
  {
    name: "esteira_step_tokens",
    create: `CREATE TABLE esteira_step_tokens (
  id VARCHAR(32) NOT NULL PRIMARY KEY,
  identity VARCHAR(255) NOT NULL REFERENCES esteira_trusted_identities (name) ON DELETE CASCADE,
  hash VARCHAR(64) NOT NULL,
  step VARCHAR(32) NOT NULL,
  subject VARCHAR(255) NOT NULL,
  expires_at BIGINT NOT NULL
)`,
  },
  {
    name: "esteira_step_tokens_by_identity",
    create: "CREATE INDEX esteira_step_tokens_by_identity ON esteira_step_tokens (identity)",
  },
  {
    name: "esteira_spent_tokens",
    create: `CREATE TABLE esteira_spent_tokens ("key" VARCHAR(64) NOT NULL PRIMARY KEY, until BIGINT NOT NULL)`,
  },
  {
    name: "esteira_vouched_evidence",
    create: `CREATE TABLE esteira_vouched_evidence (
  model VARCHAR(256) NOT NULL,
  version INTEGER NOT NULL,
  digest VARCHAR(80) NOT NULL,
  evidence TEXT NOT NULL,
  identity VARCHAR(64) NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (model, version, digest, identity)
)`,
  },
];
