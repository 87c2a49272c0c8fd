import type { SchemaObject } from "../database/esteira-schema.ts";

export const REVIEW_OBJECTS: readonly SchemaObject[] = [
  {
    name: "esteira_review_queues",
    create: `CREATE TABLE esteira_review_queues (
  model VARCHAR(256) NOT NULL PRIMARY KEY,
  capacity INTEGER,
  currency VARCHAR(3) NOT NULL,
  filled_at BIGINT NOT NULL,
  filled_by VARCHAR(256) NOT NULL
)`,
  },
  {
    name: "esteira_reviews",
    create: `CREATE TABLE esteira_reviews (
  model VARCHAR(256) NOT NULL,
  decision_id VARCHAR(256) NOT NULL,
  version VARCHAR(64) NOT NULL,
  decided_at BIGINT NOT NULL,
  score DOUBLE PRECISION NOT NULL,
  amount DOUBLE PRECISION,
  risk DOUBLE PRECISION NOT NULL,
  reason VARCHAR(250),
  known VARCHAR(16),
  alert TEXT NOT NULL,
  revision INTEGER NOT NULL,
  judgement VARCHAR(16),
  typology VARCHAR(128),
  note TEXT,
  judged_by VARCHAR(256),
  judged_at BIGINT,
  holder VARCHAR(64),
  held_by VARCHAR(256),
  held_until BIGINT,
  PRIMARY KEY (model, decision_id)
)`,
  },
  {
    name: "esteira_reviews_by_time",
    create: "CREATE INDEX esteira_reviews_by_time ON esteira_reviews (model, decided_at)",
  },
  {
    name: "esteira_judgements",
    create: `CREATE TABLE esteira_judgements (
  model VARCHAR(256) NOT NULL,
  decision_id VARCHAR(256) NOT NULL,
  revision INTEGER NOT NULL,
  judgement VARCHAR(16),
  typology VARCHAR(128),
  note TEXT,
  judged_by VARCHAR(256) NOT NULL,
  judged_at BIGINT NOT NULL,
  PRIMARY KEY (model, decision_id, revision)
)`,
  },
];
