import { EsteiraError, invalid } from "../errors.ts";
import type { EntityKind, Field, Ordering } from "./ast.ts";
import { setOf } from "./fields.ts";
import { type Token, tokenize } from "./lexer.ts";
import type { SearchRules } from "./rules.ts";

const MAX_CLAUSES = 20;

/**
 * Reads `order_by`: each clause is a name and, if wanted, ASC or DESC (ASC is the default). Refuses with
 * INVALID_PARAMETER_VALUE; the same field twice is INTERNAL_ERROR, as in MLflow.
 */
export function parseOrderBy(clauses: readonly string[] | undefined, rules: SearchRules): readonly Ordering[] {
  if (clauses === undefined || clauses.length === 0) return [];
  if (clauses.length > MAX_CLAUSES) {
    throw invalid(`Invalid order_by: it may have at most ${MAX_CLAUSES} clauses, got ${clauses.length}.`);
  }
  const orderings = clauses.map((clause) => parseClause(clause, rules));
  const seen = new Set(orderings.map(({ field }) => `${field.entity}.${field.key}`));
  if (seen.size < orderings.length) {
    const shown = clauses.map((clause) => `'${clause}'`).join(", ");
    throw new EsteiraError("INTERNAL_ERROR", `\`order_by\` contains duplicate fields: [${shown}]`);
  }
  return orderings;
}

function parseClause(clause: string, rules: SearchRules): Ordering {
  const unreadable = `Invalid order_by clause '${clause}'. Could not be parsed.`;
  let tokens: readonly Token[];
  try {
    tokens = tokenize(clause);
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
  return { field: orderField(parts, rules, name.position), ascending: word === "ASC" };
}

/** The field that a name in `order_by` means. */
export function orderField(parts: readonly string[], rules: SearchRules, position: number): Field {
  const [first = "", rest] = parts;
  const entity: EntityKind | undefined =
    rest === undefined ? "attribute" : Object.hasOwn(rules.entities, first) ? rules.entities[first] : undefined;
  if (entity === undefined) throw invalid(`${rules.entityHint(first)} (position ${position})`);
  const key = rest ?? first;
  const { entities, attributes } = rules.orderBy;
  if (entity === "attribute") {
    const canonical = Object.hasOwn(attributes, key) ? attributes[key] : undefined;
    if (canonical === undefined) {
      throw invalid(
        `Invalid attribute key '${key}' specified. Valid keys are '${setOf(Object.keys(attributes))}' (position ${position})`,
      );
    }
    return { entity, key: canonical };
  }
  if (entities.includes(entity)) return { entity, key };
  throw invalid(
    rules.keyed.metric === undefined
      ? `Invalid order_by entity: ${entity} (position ${position})`
      : `Invalid identifier type '${entity}' (position ${position})`,
  );
}
