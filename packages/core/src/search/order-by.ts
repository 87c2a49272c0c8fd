import { EsteiraError, invalid } from "../errors.ts";
import type { EntityKind, Field, Ordering } from "./ast.ts";
import * as faults from "./faults.ts";
import { type Token, tokensOf } from "./lexer.ts";
import type { SearchRules } from "./rules.ts";

const MAX_CLAUSES = 20;
const MAX_LENGTH = 1000;

/**
 * Reads `order_by`: each clause is a name and, if wanted, ASC or DESC (ASC is the default). Refuses with
 * INVALID_PARAMETER_VALUE; the same field twice is INTERNAL_ERROR, as in MLflow, which lets it pass for experiments.
 */
export function parseOrderBy(clauses: readonly string[] | undefined, rules: SearchRules): readonly Ordering[] {
  if (clauses === undefined || clauses.length === 0) return [];
  if (clauses.length > MAX_CLAUSES) {
    throw invalid(`Invalid order_by: it may have at most ${MAX_CLAUSES} clauses, got ${clauses.length}.`);
  }
  const orderings = clauses.map((clause) => parseClause(clause, rules));
  const seen = new Map(orderings.map((ordering) => [`${ordering.field.entity}.${ordering.field.key}`, ordering]));
  if (seen.size === orderings.length) return orderings;
  if (rules.kind === "experiment") return firstOfEach(orderings);
  const shown = clauses.map((clause) => `'${clause}'`).join(", ");
  throw new EsteiraError("INTERNAL_ERROR", `\`order_by\` contains duplicate fields: [${shown}]`);
}

function firstOfEach(orderings: readonly Ordering[]): readonly Ordering[] {
  const keys = orderings.map(({ field }) => `${field.entity}.${field.key}`);
  return orderings.filter((_, index) => keys.indexOf(keys[index] ?? "") === index);
}

function parseClause(clause: string, rules: SearchRules): Ordering {
  if (clause.length > MAX_LENGTH) {
    throw invalid(`An order_by clause may have at most ${MAX_LENGTH} characters, got ${clause.length}.`);
  }
  const unreadable = `Invalid order_by clause '${clause}'. Could not be parsed.`;
  let tokens: readonly Token[];
  try {
    tokens = [...tokensOf(clause)];
  } catch {
    throw invalid(unreadable);
  }
  const [name, direction, more] = tokens;
  const parts = name?.kind === "name" ? name.parts : name?.text.startsWith('"') ? [name.text.slice(1, -1)] : undefined;
  if (name === undefined || parts === undefined || more !== undefined) throw invalid(unreadable);
  const word = direction?.text.toUpperCase() ?? "ASC";
  if (word !== "ASC" && word !== "DESC") {
    throw invalid(`Invalid ordering key in order_by clause '${clause}'. Expected ASC or DESC after '${name.text}'.`);
  }
  return { field: orderField(parts, rules, name), ascending: word === "ASC" };
}

/** The field that a name in `order_by` means. */
export function orderField(
  parts: readonly string[],
  rules: SearchRules,
  name: { readonly text: string; readonly position: number },
): Field {
  const { entities, attributes } = rules.orderBy;
  const [first = "", rest] = parts;
  const entity: EntityKind | undefined =
    rest === undefined ? "attribute" : Object.hasOwn(rules.entities, first) ? rules.entities[first] : undefined;
  const key = rest ?? first;
  const canonical = Object.hasOwn(attributes, key) ? attributes[key] : undefined;
  if (rules.kind === "registered model" && (rest !== undefined || canonical === undefined)) {
    // MLflow names two of the three keys that it takes.
    throw faults.unknownOrderKey(name.text, ["name", "timestamp"], name.position);
  }
  if (entity === undefined) throw faults.unknownEntity(rules, first, name.position);
  if (entity === "attribute") {
    if (canonical !== undefined) return { entity, key: canonical };
    throw faults.unknownKey(entity, key, Object.keys(attributes), name.position);
  }
  if (entities.includes(entity)) return { entity, key };
  if (rules.kind === "model version") throw faults.unknownOrderKey(key, Object.keys(attributes), name.position);
  const what =
    rules.kind === "experiment" ? `Invalid order_by entity: ${entity}` : `Invalid identifier type '${entity}'`;
  throw invalid(`${what} (position ${name.position})`);
}
