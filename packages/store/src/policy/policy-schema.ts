import type { SchemaObject } from "../database/esteira-schema.ts";

export const POLICY_OBJECTS: readonly SchemaObject[] = [
  {
    name: "esteira_policies",
    create: "CREATE TABLE esteira_policies (model VARCHAR(256) NOT NULL PRIMARY KEY, policy TEXT NOT NULL)",
  },
  {
    name: "esteira_broken_glass",
    create:
      "CREATE TABLE esteira_broken_glass (model VARCHAR(256) NOT NULL PRIMARY KEY, until BIGINT NOT NULL, reason TEXT NOT NULL)",
  },
  {
    name: "esteira_evidence",
    create: `CREATE TABLE esteira_evidence (
  model VARCHAR(256) NOT NULL,
  version INTEGER NOT NULL,
  digest VARCHAR(80) NOT NULL,
  evidence TEXT NOT NULL,
  signer VARCHAR(64) NOT NULL,
  signature TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (model, version, digest)
)`,
  },
  {
    name: "esteira_approvals",
    create: `CREATE TABLE esteira_approvals (
  model VARCHAR(256) NOT NULL,
  version INTEGER NOT NULL,
  target VARCHAR(300) NOT NULL,
  user_id INTEGER NOT NULL REFERENCES esteira_users (id) ON DELETE CASCADE,
  at BIGINT NOT NULL,
  PRIMARY KEY (model, version, target, user_id)
)`,
  },
];
