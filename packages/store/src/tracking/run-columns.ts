import { createHash } from "node:crypto";
import {
  COLUMN_ATTRIBUTES,
  type ColumnAttribute,
  type KeyCount,
  type NumberColumn,
  type RunColumnsPage,
  type RunColumnsQuery,
  type RunKeys,
  type RunKeysQuery,
  type TextColumn,
} from "@esteira/core/entities/run-columns";
import { invalid } from "@esteira/core/errors";
import { runId } from "@esteira/core/ids";
import { parseExperimentId } from "@esteira/core/names";
import { parseFilter } from "@esteira/core/search/filter";
import { RUN_RULES } from "@esteira/core/search/rules";
import { type RawBuilder, type SqlBool, sql } from "kysely";
import { readColumns } from "../database/columns.ts";
import { byDialect } from "../database/dialect.ts";
import type { Session } from "../database/session.ts";
import { isIn } from "../database/sql.ts";
import type { Database } from "../database/tables.ts";
import { withoutRegexes } from "../search/regex.ts";
import { stageOf } from "./experiment-search.ts";
import { count } from "./run-counts.ts";
import { runValues } from "./run-filter.ts";
import { inExperiments, type RunQuestion } from "./run-plan.ts";
import { MOST_RESULTS, readPage } from "./run-search.ts";

const MOST_COLUMNS = 200;
export const MOST_COLUMN_RUNS = 1_000_000;
/** Up to so many runs are looked up one by one; of more, all rows of a key are read, which an index has side by side. */
const FEW = 2000;
/** A key that so many times as many runs of the store have is not read whole. */
const MOST_TIMES = 10;

type Wanted =
  | { readonly column: string; readonly kind: "attributes"; readonly key: ColumnAttribute }
  | { readonly column: string; readonly kind: "metrics" | "params" | "tags"; readonly key: string };

function parseColumn(column: string): Wanted {
  const dot = column.indexOf(".");
  const kind = column.slice(0, dot);
  const key = column.slice(dot + 1);
  if (key !== "" && (kind === "metrics" || kind === "params" || kind === "tags")) return { column, kind, key };
  const attribute = COLUMN_ATTRIBUTES.find((known) => known === key);
  if (kind === "attributes" && attribute !== undefined) return { column, kind, key: attribute };
  throw invalid(
    `Invalid column '${column.slice(0, 100)}': expected metrics.KEY, params.KEY, tags.KEY or one of ${COLUMN_ATTRIBUTES.map((name) => `attributes.${name}`).join(", ")}.`,
  );
}

/** See RunQueryStore. */
export async function readRunColumns(session: Session, query: RunColumnsQuery): Promise<RunColumnsPage> {
  const { maxRuns, maxText } = query;
  if (query.columns.length > MOST_COLUMNS) {
    throw invalid(`Invalid columns: at most ${MOST_COLUMNS} may be named, got ${query.columns.length}.`);
  }
  if (maxRuns < 1 || maxRuns > MOST_COLUMN_RUNS) {
    throw invalid(`Invalid max_runs: it must be from 1 to ${MOST_COLUMN_RUNS}, got ${maxRuns}.`);
  }
  if (maxText !== undefined && maxText < 1) throw invalid(`Invalid max_text: it must be at least 1, got ${maxText}.`);
  const wanted = [...new Set(query.columns)].map(parseColumn);
  const experiments = [...new Set(query.experimentIds.map(parseExperimentId))];
  if (experiments.length === 0) return { runIds: [], frame: frameName([]), hasMore: false, columns: [] };
  const filter = await settledFilter(session, query.filter, experiments);
  const question: RunQuestion = { experiments, stage: stageOf(query.viewType), filter, orderings: [] };
  return readPage(session, question, { limit: maxRuns + 1, offset: 0 }, async (db, found) => {
    const ids = found.slice(0, maxRuns);
    const reader = new ColumnReader(db, question, ids, maxText);
    const columns: (NumberColumn | TextColumn)[] = [];
    for (const one of wanted) columns.push(await reader.read(one));
    return { runIds: ids.map(runId), frame: frameName(ids), hasMore: found.length > maxRuns, columns };
  });
}

const settledFilter = (session: Session, filter: string | undefined, experiments: readonly number[]) =>
  withoutRegexes(parseFilter(filter, RUN_RULES), (comparison) =>
    session.scan((db) => runValues(db, comparison, inExperiments("runs.experiment_id", experiments))),
  );

const frameName = (ids: readonly string[]): string =>
  createHash("sha256").update(ids.join()).digest("base64url").slice(0, 22);

class ColumnReader {
  readonly #db: Database;
  readonly #question: RunQuestion;
  readonly #ids: readonly string[];
  readonly #maxText: number | undefined;
  readonly #places: ReadonlyMap<string, number>;

  constructor(db: Database, question: RunQuestion, ids: readonly string[], maxText: number | undefined) {
    this.#db = db;
    this.#question = question;
    this.#ids = ids;
    this.#maxText = maxText;
    this.#places = new Map(ids.map((id, place) => [id, place]));
  }

  async read(wanted: Wanted): Promise<NumberColumn | TextColumn> {
    const { column } = wanted;
    switch (wanted.kind) {
      case "metrics":
        return this.#metric(column, wanted.key);
      case "attributes":
        return this.#attribute(column, wanted.key);
      default: {
        const table = wanted.kind;
        const rows = await this.#rowsOfKey(table, wanted.key);
        return this.#texts(column, sql`t.run_uuid`, sql`t.value`, sql`${sql.table(table)} as t where ${rows}`);
      }
    }
  }

  async #metric(column: string, key: string): Promise<NumberColumn> {
    const rows = await this.#rowsOfKey("latest_metrics", key);
    const { run, value, isNan } = await readColumns(
      this.#db,
      { run: ["text", sql`t.run_uuid`], value: ["real", sql`t.value`], isNan: ["flag", sql`t.is_nan`] },
      sql`latest_metrics as t where ${rows}`,
    );
    return this.#numbers(column, run, (row) => (isNan[row] ? Number.NaN : (value[row] ?? null)));
  }

  async #attribute(column: string, key: ColumnAttribute): Promise<NumberColumn | TextColumn> {
    const runs = sql`runs as t where ${this.#isOwn(sql`t.run_uuid`)}`;
    switch (key) {
      case "start_time":
      case "end_time": {
        const time = sql`coalesce(t.${sql.ref(key)}, 0)`;
        const { run, at } = await readColumns(
          this.#db,
          { run: ["text", sql`t.run_uuid`], at: ["integer", time] },
          runs,
        );
        // As in MLflow, a time of 0 is none.
        return this.#numbers(column, run, (row) => Number(at[row]) || null);
      }
      case "dataset":
        return this.#texts(
          column,
          sql`t.run_uuid`,
          sql`t.names`,
          sql`(select e.destination_id as run_uuid, ${NAMES} as names from inputs as e
            join datasets as d on d.dataset_uuid = e.source_id
            where e.destination_type = 'RUN' and e.source_type = 'DATASET' and ${this.#isOwn(sql`e.destination_id`)}
            group by e.destination_id) as t`,
        );
      case "run_name":
        return this.#texts(column, sql`t.run_uuid`, RUN_NAME, runs);
      default:
        return this.#texts(column, sql`t.run_uuid`, sql`nullif(t.${sql.ref(key)}, '')`, runs);
    }
  }

  #numbers(column: string, runs: readonly (string | null)[], numberOf: (row: number) => number | null): NumberColumn {
    const numbers = new Array<number | null>(this.#ids.length).fill(null);
    for (const [row, run] of runs.entries()) {
      const place = this.#places.get(run ?? "");
      if (place !== undefined) numbers[place] = numberOf(row);
    }
    return { column, kind: "number", numbers };
  }

  async #texts(
    column: string,
    run: RawBuilder<unknown>,
    value: RawBuilder<unknown>,
    from: RawBuilder<unknown>,
  ): Promise<TextColumn> {
    const most = this.#maxText;
    const cut = most === undefined ? value : sql`substr(${value}, 1, ${sql.lit(most + 1)})`;
    const read = await readColumns(this.#db, { run: ["text", run], value: ["text", cut] }, from);
    const codes = new Array<number>(this.#ids.length).fill(-1);
    const known = new Map<string, number>();
    let isCut = false;
    for (const [row, id] of read.run.entries()) {
      const place = this.#places.get(id ?? "");
      let text = read.value[row] ?? undefined;
      if (place === undefined || text === undefined) continue;
      // The database counts characters, so a text of that many units has at most that many of them.
      if (most !== undefined && text.length > most && [...text].length > most) {
        isCut = true;
        text = [...text].slice(0, most).join("");
      }
      let code = known.get(text);
      if (code === undefined) {
        code = known.size;
        known.set(text, code);
      }
      codes[place] = code;
    }
    return { column, kind: "text", texts: [...known.keys()], codes, isCut };
  }

  /** What is true of the rows (`t`) of a key that are read: by run, or more than are needed where that is quicker. */
  async #rowsOfKey(table: "latest_metrics" | "params" | "tags", key: string): Promise<RawBuilder<SqlBool>> {
    const ofKey = sql<SqlBool>`t."key" = ${key}`;
    if (this.#ids.length > FEW) {
      const most = MOST_TIMES * this.#ids.length;
      if ((await count(this.#db, sql`${sql.table(table)} as t where ${ofKey}`, most)) < most) return ofKey;
    }
    return sql<SqlBool>`${ofKey} and ${this.#isOwn(sql`t.run_uuid`)}`;
  }

  /** What is true of all runs of the answer, and not of too many others. */
  #isOwn(run: RawBuilder<unknown>): RawBuilder<SqlBool> {
    if (this.#ids.length <= FEW) return isIn(run, this.#ids);
    const { experiments, stage } = this.#question;
    const ofStage = stage === undefined ? sql`` : sql` and runs.lifecycle_stage = ${stage}`;
    return sql<SqlBool>`${run} in (select runs.run_uuid from runs where ${inExperiments("runs.experiment_id", experiments)}${ofStage})`;
  }
}

/** Runs of old MLflow versions have their name in the tag alone. */
const RUN_NAME = sql`coalesce(nullif(t.name, ''),
  (select n.value from tags as n where n."key" = 'mlflow.runName' and n.run_uuid = t.run_uuid))`;
const NAMES = byDialect({
  sqlite: () => sql`group_concat(distinct d.name)`,
  postgres: () => sql`string_agg(distinct d.name, ',')`,
});

/** See RunQueryStore. */
export async function readRunKeys(session: Session, query: RunKeysQuery): Promise<RunKeys> {
  const experiments = [...new Set(query.experimentIds.map(parseExperimentId))];
  if (experiments.length === 0) return { metrics: [], params: [], tags: [] };
  const filter = await settledFilter(session, query.filter, experiments);
  const question: RunQuestion = { experiments, stage: stageOf(query.viewType), filter, orderings: [] };
  const newest = query.newest ?? (filter === undefined ? undefined : MOST_RESULTS);
  if (newest !== undefined) {
    return readPage(session, question, { limit: newest, offset: 0 }, (db, ids) =>
      keysOf(db, sql`t.run_uuid in (${idList(ids)})`),
    );
  }
  const { stage } = question;
  const ofStage = stage === undefined ? sql`` : sql` and runs.lifecycle_stage = ${stage}`;
  return session.scan((db) =>
    keysOf(
      db,
      sql`t.run_uuid in (select runs.run_uuid from runs where ${inExperiments("runs.experiment_id", experiments)}${ofStage})`,
    ),
  );
}

const idList = (ids: readonly string[]): RawBuilder<unknown> =>
  ids.length === 0 ? sql`select null` : sql`select run_uuid from runs where ${isIn(sql`runs.run_uuid`, ids)}`;

async function keysOf(db: Database, isOwn: RawBuilder<unknown>): Promise<RunKeys> {
  const read = async (table: string): Promise<readonly KeyCount[]> => {
    const { key, runs } = await readColumns(
      db,
      { key: ["text", sql`k.name`], runs: ["integer", sql`k.runs`] },
      sql`(select t."key" as name, count(*) as runs from ${sql.table(table)} as t where ${isOwn}
        group by t."key" order by 2 desc, 1) as k`,
    );
    return key.map((name, row) => ({ key: name ?? "", count: Number(runs[row]) }));
  };
  return { metrics: await read("latest_metrics"), params: await read("params"), tags: await read("tags") };
}
