import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { openStore } from "@esteira/store/open";
import { query } from "@esteira/store/testing/test-database";
import Libsql from "libsql";

/** Points in the histories of the two long runs. */
export const HISTORY_POINTS = 100_000;
export const LONG_HISTORY_POINTS = 1_000_000;
export const HISTORY_RUN = "f".repeat(31).concat("1");
export const LONG_HISTORY_RUN = "f".repeat(31).concat("2");
/** The experiment that always has a thousand runs, however many the store has. */
export const SMALL_EXPERIMENT = 2;
export const LARGE_EXPERIMENT = 1;

const METRICS = ["auc", "loss", "f1", "precision", "recall"];
const PARAMS = ["model", "lr", "depth", "seed", "features"];

/**
 * A database of `runs` runs with five metrics, five params and three tags each, nearly all of them in one experiment,
 * made once by bulk SQL under the schema that the store (and so MLflow) has. A half-made file is not taken for a whole.
 */
export async function fillDatabase(path: string, runs: number): Promise<void> {
  if (existsSync(path)) return;
  await mkdir(dirname(path), { recursive: true });
  const draft = `${path}.draft`;
  for (const suffix of ["", "-wal", "-shm"]) await rm(draft + suffix, { force: true });
  const store = await openStore({ uri: `sqlite:///${draft}`, artifactRoot: "mlflow-artifacts:/" });
  await store.createExperiment({ name: "large", tags: [] });
  await store.createExperiment({ name: "small", tags: [] });
  await store.close();
  fill(draft, runs);
  await rename(draft, path);
}

/** The same in an empty PostgreSQL database, with the statistics that a server at work would have taken by itself. */
export async function fillPostgres(uri: string, runs: number): Promise<void> {
  const store = await openStore({ uri, artifactRoot: "mlflow-artifacts:/" });
  await store.createExperiment({ name: "large", tags: [] });
  await store.createExperiment({ name: "small", tags: [] });
  await store.close();
  await query(uri, rowsOf(runs, POSTGRES));
  await query(uri, "VACUUM ANALYZE");
}

/** What the two databases spell differently. */
interface Words {
  /** Numbers `n` from 0 on. */
  readonly series: (count: number) => string;
  readonly id: string;
  readonly no: string;
}
const SQLITE: Words = {
  series: (count) => `(select value as n from generate_series(0, ${count - 1}))`,
  id: "printf('%032x', n)",
  no: "0",
};
const POSTGRES: Words = {
  series: (count) => `(select n from generate_series(0::bigint, ${count - 1}) as n) as numbers`,
  id: "lpad(to_hex(n), 32, '0')",
  no: "false",
};

function fill(path: string, runs: number): void {
  const database = new Libsql(path);
  database.exec(
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA cache_size = -1000000; PRAGMA temp_store = MEMORY",
  );
  const indexes = database
    .prepare(
      "select name, sql from sqlite_master where type = 'index' and sql is not null and tbl_name in ('runs', 'metrics', 'latest_metrics', 'params', 'tags')",
    )
    .all() as readonly { name: string; sql: string }[];
  for (const { name } of indexes) database.exec(`DROP INDEX "${name}"`);
  database.exec(`BEGIN; ${rowsOf(runs, SQLITE)}; COMMIT`);
  for (const { sql } of indexes) database.exec(sql);
  database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  database.close();
}

/** A table of keys, each with its place and, if given, how many different values it has. */
const listed = (keys: readonly string[], different: readonly number[] = []): string =>
  `(${keys.map((key, at) => `SELECT '${key}' AS key, ${at} AS at, ${different[at] ?? 0} AS different`).join(" UNION ALL ")}) as keys`;

/** Statements that write all rows: those of one run together, as they are when runs log. */
function rowsOf(runs: number, { series, id, no }: Words): string {
  // A bijection that scatters ids, values and times, so that no order is the order of insertion.
  const mixed = (factor: number) => `((n * ${factor}) % 1000003)`;
  const metric = `key, ((n * (104729 + 1234 * at)) % 1000003) / 1000003.0, 1700000000000, 10, ${no}, ${id}
    FROM ${series(runs)} CROSS JOIN ${listed(METRICS)}`;
  const columns = `("key", value, timestamp, step, is_nan, run_uuid)`;
  const histories = [
    [HISTORY_RUN, HISTORY_POINTS],
    [LONG_HISTORY_RUN, LONG_HISTORY_POINTS],
  ] as const;
  return [
    `INSERT INTO runs (run_uuid, name, source_type, source_name, entry_point_name, user_id, status, start_time, end_time,
        source_version, lifecycle_stage, artifact_uri, experiment_id)
      SELECT ${id}, 'run-' || n, 'UNKNOWN', '', '', 'ana', CASE n % 20 WHEN 0 THEN 'FAILED' ELSE 'FINISHED' END,
        1700000000000 + ${mixed(7919)} * 60000, 1700000000000 + ${mixed(7919)} * 60000 + 45000, '',
        CASE n % 50 WHEN 7 THEN 'deleted' ELSE 'active' END, 'mlflow-artifacts:/1/' || ${id} || '/artifacts',
        CASE WHEN n < 1000 THEN ${SMALL_EXPERIMENT} ELSE ${LARGE_EXPERIMENT} END
      FROM ${series(runs)}`,
    `INSERT INTO latest_metrics ${columns} SELECT ${metric}`,
    `INSERT INTO metrics ${columns} SELECT ${metric}`,
    `INSERT INTO params ("key", value, run_uuid)
      SELECT key, CAST(((n * (31337 + 77 * at)) % 1000003) % different AS TEXT), ${id}
      FROM ${series(runs)} CROSS JOIN ${listed(PARAMS, [4, 20, 10, 100_000, 3])}`,
    `INSERT INTO tags ("key", value, run_uuid)
      SELECT key, CASE at WHEN 0 THEN 'run-' || n WHEN 1 THEN 'ana' ELSE 'train.py' END, ${id}
      FROM ${series(runs)} CROSS JOIN ${listed(["mlflow.runName", "mlflow.user", "mlflow.source.name"])}`,
    ...histories.flatMap(([run, points]) => [
      `INSERT INTO runs (run_uuid, name, source_type, source_name, entry_point_name, user_id, status, start_time,
          source_version, lifecycle_stage, artifact_uri, experiment_id)
        VALUES ('${run}', 'long', 'UNKNOWN', '', '', 'ana', 'RUNNING', 1600000000000, '', 'active', '', ${SMALL_EXPERIMENT})`,
      `INSERT INTO metrics ${columns}
        SELECT 'loss', 1.0 / (1 + n / 1000.0) + ((n * 7919) % 997) / 5000.0, 1700000000000 + n, n, ${no}, '${run}'
        FROM ${series(points)}`,
      `INSERT INTO latest_metrics ${columns}
        VALUES ('loss', 0.1, ${1_700_000_000_000 + points - 1}, ${points - 1}, ${no}, '${run}')`,
    ]),
  ].join(";\n");
}
