import { createHash } from "node:crypto";
import { invalid } from "@esteira/core/errors";
import { asInt64 } from "@esteira/core/int64";
import type { RunOrdering } from "@esteira/core/search/run-terms";
import { parseJson, stringifyJson } from "@esteira/core/wire/json";
import { sql } from "kysely";
import type { Database } from "../database/tables.ts";
import type { Condition } from "../search/compile.ts";
import { type OrderTerm, orderAll, orderTerms } from "./run-order.ts";

type Value = string | number | bigint | null;

/** A place in the order of a search: the values that the order's terms have for the run that is there. */
export type PlaceInOrder = readonly Value[];

/** Where this run stands, for a page to begin behind it. */
export async function placeOf(db: Database, orderings: readonly RunOrdering[], run: string): Promise<PlaceInOrder> {
  const { from, terms } = orderAll(orderings, { candidates: sql`select run_uuid from runs where run_uuid = ${run}` });
  const columns = terms.map(({ value }, index) => sql`${value} as ${sql.ref(`t${index}`)}`);
  const { rows } = await sql<Record<string, Value>>`
    select ${sql.join(columns)} from ${from} where runs.run_uuid = ${run}`.execute(db);
  return terms.map((_, index) => rows[0]?.[`t${index}`] ?? null);
}

/** True of the runs behind a place. */
export function after(orderings: readonly RunOrdering[], place: PlaceInOrder): Condition {
  return orderTerms(orderings).reduceRight<Condition>((rest, term, index) => {
    const given = place[index] ?? null;
    // All runs up to here miss this value, as the term before it says.
    if (given === null && term.missingAs === undefined) return rest;
    const column = term.missingAs === undefined ? term.value : sql`coalesce(${term.value}, ${term.missingAs})`;
    const value = given ?? term.missingAs;
    return sql`(${column} ${beyond(term)} ${value} or (${column} = ${value} and ${rest}))`;
  }, sql`false`);
}

const beyond = ({ ascending }: OrderTerm) => sql.raw(ascending ? ">" : "<");

/** Whether the place is among the runs that have the first value: those before it, too, are walked over. */
export const isAmongPresent = (orderings: readonly RunOrdering[], place: PlaceInOrder | undefined): boolean =>
  place === undefined || orderings.length === 0 || place[0] === 0;

/** Where a walk by this term may begin; undefined at its end. */
export function reaches(
  leading: OrderTerm | undefined,
  orderings: readonly RunOrdering[],
  place: PlaceInOrder | undefined,
): Condition | undefined {
  // The first term of an ordering tells missing values apart; the second is the value.
  const value = place?.[orderings.length === 0 ? 0 : 1];
  if (leading === undefined || value === undefined || value === null) return undefined;
  return sql`${leading.value} ${sql.raw(leading.ascending ? ">=" : "<=")} ${value}`;
}

/** Names a search: a token of one search has no meaning in another. */
export const searchName = (...parts: readonly unknown[]): string =>
  createHash("sha256").update(stringifyJson(parts)).digest("base64url").slice(0, 16);

export const placeToken = (search: string, place: PlaceInOrder): string =>
  Buffer.from(stringifyJson({ search, after: place })).toString("base64url");

/** The place that a token stands for. Refuses what is no token, and one of another search. */
export function placeOfToken(token: string, search: string, orderings: readonly RunOrdering[]): PlaceInOrder {
  const decoded = decode(token);
  const field = (name: string): unknown =>
    typeof decoded === "object" && decoded !== null ? Reflect.get(decoded, name) : undefined;
  const place = field("after");
  if (typeof field("search") !== "string" || !Array.isArray(place)) {
    throw invalid("Invalid page token: it is none that this call has given. Begin again without a token.");
  }
  const terms = orderTerms(orderings);
  if (field("search") !== search || place.length !== terms.length) {
    throw invalid(
      "Invalid page token: it belongs to another search. Ask for the next page with the same experiments, filter, order and view.",
    );
  }
  if (!terms.every((term, index) => fits(term, place[index]))) {
    throw invalid("Invalid page token: it was changed on its way. Begin again without a token.");
  }
  return place;
}

const fits = ({ holds }: OrderTerm, value: unknown): boolean =>
  value === null ||
  (holds === "text" ? isPlainText(value) : typeof value === "number" || (typeof value === "bigint" && isInt64(value)));

const isInt64 = (value: bigint): boolean => asInt64(value) !== undefined;

/** PostgreSQL's texts have no NUL. */
const isPlainText = (value: unknown): boolean =>
  typeof value === "string" && !value.includes("\0") && value.isWellFormed();

function decode(token: string): unknown {
  try {
    return parseJson(Buffer.from(token, "base64url").toString("utf8"));
  } catch {
    return undefined;
  }
}
