import type { Param } from "@esteira/core/entities/tag";
import { invalid } from "@esteira/core/errors";
import type { RunId } from "@esteira/core/ids";
import { checkKey, checkLength, fieldPath, LIMITS, truncate } from "@esteira/core/names";
import { Overtaken } from "../database/errors.ts";
import { inList, insertMany } from "../database/sql.ts";
import type { Database } from "../database/tables.ts";

/** The param as it is stored: a long value is cut. */
export function checkParam(param: Param, index: number | undefined): Param {
  checkKey(param.key, () => fieldPath("params", index, "key"));
  checkLength("Param key", LIMITS.key, param.key);
  return { key: param.key, value: truncate(param.value, LIMITS.paramValue) };
}

export function checkDistinctKeys(params: readonly Param[]): void {
  const seen = new Set<string>();
  const repeated = params.filter(({ key }) => seen.has(key) || !seen.add(key));
  if (repeated.length === 0) return;
  throw invalid(
    `Duplicate parameter keys have been submitted: [${repeated.map(({ key }) => `'${key}'`).join(", ")}]. Please ensure the request contains only one param value per param key.`,
  );
}

/** Params never change: the same value again is accepted, another one is refused. `alone` chooses MLflow's wording. */
export async function logParams(db: Database, id: RunId, params: readonly Param[], alone: boolean): Promise<void> {
  if (params.length === 0) return;
  const inserted = await addParams(
    db,
    params.map(({ key, value }) => [key, value, id]),
  );
  if (inserted === params.length) return;
  const known = await knownParams(db, id, params);
  const changed = params.filter(({ key, value }) => known.has(key) && known.get(key) !== value);
  if (changed.length > 0) throw changeError(id, changed, known, alone);
  // Another writer has taken one away meanwhile, with its run.
  if (known.size < params.length) throw new Overtaken();
}

/** Rows of key, value and run; those that a run has already stay as they are, and are not counted. */
export const addParams = (db: Database, rows: readonly (readonly [string, string, RunId])[]): Promise<number> =>
  insertMany(db, "params", ["key", "value", "run_uuid"], rows, "on conflict do nothing");

async function knownParams(db: Database, id: RunId, params: readonly Param[]): Promise<ReadonlyMap<string, string>> {
  const keys = params.map((param) => param.key);
  const rows = await db
    .selectFrom("params")
    .select(["key", "value"])
    .where("run_uuid", "=", id)
    .where(inList("key", keys))
    .execute();
  return new Map(rows.map((row) => [row.key, row.value]));
}

function changeError(id: RunId, changed: readonly Param[], known: ReadonlyMap<string, string>, alone: boolean) {
  const [first] = changed;
  if (alone && first !== undefined) {
    return invalid(
      `Changing param values is not allowed. Param with key='${first.key}' was already logged with value='${known.get(first.key)}' for run ID='${id}'. Attempted logging new value '${first.value}'.`,
    );
  }
  const listed = changed.map(
    ({ key, value }) => `{'key': '${key}', 'old_value': '${known.get(key)}', 'new_value': '${value}'}`,
  );
  return invalid(
    `Changing param values is not allowed. Params were already logged='[${listed.join(", ")}]' for run ID='${id}'.`,
  );
}
