import type { SchemaObject } from "../database/esteira-schema.ts";

/** The chain of changes. The columns beside `entry` are found in its JSON too, and are there to search by. */
export const TIMELINE_TABLE = "esteira_timeline";

export const TIMELINE_OBJECTS: readonly SchemaObject[] = [
  {
    name: TIMELINE_TABLE,
    create: `CREATE TABLE esteira_timeline (
  sequence BIGINT NOT NULL PRIMARY KEY,
  at BIGINT NOT NULL,
  model VARCHAR(256) NOT NULL,
  new_name VARCHAR(256),
  entry TEXT NOT NULL,
  hash VARCHAR(64) NOT NULL
)`,
  },
  {
    name: "esteira_timeline_by_model",
    create: "CREATE INDEX esteira_timeline_by_model ON esteira_timeline (model, sequence)",
  },
  {
    name: "esteira_timeline_by_new_name",
    create:
      "CREATE INDEX esteira_timeline_by_new_name ON esteira_timeline (new_name, sequence) WHERE new_name IS NOT NULL",
  },
  {
    // One row, which every writer of the chain locks: so entries have one order, on however many servers.
    name: "esteira_timeline_head",
    create: `CREATE TABLE esteira_timeline_head (
  id INTEGER NOT NULL PRIMARY KEY,
  sequence BIGINT NOT NULL,
  at BIGINT NOT NULL,
  hash VARCHAR(64) NOT NULL
)`,
  },
];
