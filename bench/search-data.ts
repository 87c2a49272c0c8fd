import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { openStore } from "@esteira/store/open";
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

/** A table of keys, each with its place and, if given, how many different values it has. */
const listed = (keys: readonly string[], different: readonly number[] = []): string =>
  keys.map((key, at) => `SELECT '${key}' AS key, ${at} AS at, ${different[at] ?? 0} AS different`).join(" UNION ALL ");

/** Rows of one run are written together, as they are when runs log. */
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
  const series = (count: number) => `(select value as n from generate_series(0, ${count - 1}))`;
  // A bijection that scatters ids, values and times, so that no order is the order of insertion.
  const mixed = (factor: number) => `((n * ${factor}) % 1000003)`;
  const id = "printf('%032x', n)";
  database.exec(`
    BEGIN;
    INSERT INTO runs (run_uuid, name, source_type, source_name, entry_point_name, user_id, status, start_time, end_time,
        source_version, lifecycle_stage, artifact_uri, experiment_id)
      SELECT ${id}, 'run-' || n, 'UNKNOWN', '', '', 'ana', CASE n % 20 WHEN 0 THEN 'FAILED' ELSE 'FINISHED' END,
        1700000000000 + ${mixed(7919)} * 60000, 1700000000000 + ${mixed(7919)} * 60000 + 45000, '',
        CASE n % 50 WHEN 7 THEN 'deleted' ELSE 'active' END, 'mlflow-artifacts:/1/' || ${id} || '/artifacts',
        CASE WHEN n < 1000 THEN ${SMALL_EXPERIMENT} ELSE ${LARGE_EXPERIMENT} END
      FROM ${series(runs)};
    INSERT INTO latest_metrics ("key", value, timestamp, step, is_nan, run_uuid)
      SELECT key, ((n * (104729 + 1234 * at)) % 1000003) / 1000003.0, 1700000000000, 10, 0, ${id}
      FROM ${series(runs)} CROSS JOIN (${listed(METRICS)});
    INSERT INTO metrics ("key", value, timestamp, step, is_nan, run_uuid)
      SELECT key, ((n * (104729 + 1234 * at)) % 1000003) / 1000003.0, 1700000000000, 10, 0, ${id}
      FROM ${series(runs)} CROSS JOIN (${listed(METRICS)});
    INSERT INTO params ("key", value, run_uuid)
      SELECT key, CAST(((n * (31337 + 77 * at)) % 1000003) % different AS TEXT), ${id}
      FROM ${series(runs)} CROSS JOIN (${listed(PARAMS, [4, 20, 10, 100_000, 3])});
    INSERT INTO tags ("key", value, run_uuid)
      SELECT key, CASE at WHEN 0 THEN 'run-' || n WHEN 1 THEN 'ana' ELSE 'train.py' END, ${id}
      FROM ${series(runs)} CROSS JOIN (${listed(["mlflow.runName", "mlflow.user", "mlflow.source.name"])});
    ${[
      [HISTORY_RUN, HISTORY_POINTS],
      [LONG_HISTORY_RUN, LONG_HISTORY_POINTS],
    ]
      .map(
        ([run, points]) => `
    INSERT INTO runs (run_uuid, name, source_type, source_name, entry_point_name, user_id, status, start_time,
        source_version, lifecycle_stage, artifact_uri, experiment_id)
      VALUES ('${run}', 'long', 'UNKNOWN', '', '', 'ana', 'RUNNING', 1600000000000, '', 'active', '', ${SMALL_EXPERIMENT});
    INSERT INTO metrics ("key", value, timestamp, step, is_nan, run_uuid)
      SELECT 'loss', 1.0 / (1 + n / 1000.0) + ((n * 7919) % 997) / 5000.0, 1700000000000 + n, n, 0, '${run}'
      FROM ${series(Number(points))};
    INSERT INTO latest_metrics ("key", value, timestamp, step, is_nan, run_uuid)
      VALUES ('loss', 0.1, ${1_700_000_000_000 + Number(points) - 1}, ${Number(points) - 1}, 0, '${run}');`,
      )
      .join("")}
    COMMIT`);
  for (const { sql } of indexes) database.exec(sql);
  database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  database.close();
}
