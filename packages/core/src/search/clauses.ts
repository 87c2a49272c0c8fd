import { invalid } from "../errors.ts";
import type { Comparison, EntityKind, Field, Operator } from "./ast.ts";
import * as faults from "./faults.ts";
import type { NameToken, Token } from "./lexer.ts";
import { type FieldRule, OF_EVERY_FIELD, OF_NUMBERS, OF_TEXTS, type SearchRules } from "./rules.ts";

export interface ListToken {
  readonly kind: "list";
  readonly text: string;
  readonly position: number;
  readonly items: readonly (string | number)[];
}
export type ValueToken = Token | ListToken;

/** A comparison as it is written. `operator` is in capitals, with `~` already RLIKE. */
export type Clause =
  | { readonly form: "null"; readonly name: NameToken; readonly operator: "IS NULL" | "IS NOT NULL" }
  | RangeClause
  | {
      readonly form: "value";
      readonly name: NameToken;
      readonly operator: string;
      readonly written: Token;
      readonly value: ValueToken;
    };
interface RangeClause {
  readonly form: "range";
  readonly name: NameToken;
  readonly operator: "BETWEEN" | "NOT BETWEEN";
  readonly written: Token;
  readonly low: ValueToken;
  readonly high: ValueToken;
}

/** A name, and what may be said about it. */
export interface Subject {
  readonly name: NameToken;
  readonly field: Field;
  readonly rule: FieldRule;
}

type Literal = string | number | readonly string[];
type Settle = () => Comparison;

const MAX_PATTERN = 1000;

/**
 * Gives comparisons their fields and values. As MLflow does, all names and values are looked at before the first
 * operator is, but for logged models, where each comparison is settled before the next one.
 */
export function resolveClauses(rules: SearchRules, clauses: readonly Clause[]): readonly Comparison[] {
  if (rules.kind === "logged model") return clauses.map((clause) => resolve(rules, clause)());
  return clauses.map((clause) => resolve(rules, clause)).map((settle) => settle());
}

function resolve(rules: SearchRules, clause: Clause): Settle {
  const subject = subjectOf(rules, clause.name);
  const { field } = subject;
  if (clause.form === "null") return () => ({ kind: "comparison", field, operator: clause.operator });
  if (clause.form === "range") return resolveRange(rules, subject, clause);
  const { operator, written, value } = clause;
  if (rules.kind === "logged model") checkOperator(rules, subject, operator, written);
  const literal = readValue(rules, subject, value);
  return () => {
    checkOperator(rules, subject, operator, written);
    return compare(rules, subject, operator, literal, value);
  };
}

function resolveRange(rules: SearchRules, subject: Subject, { operator, written, low, high }: RangeClause): Settle {
  const { field, rule } = subject;
  if (!isNumeric(rule)) throw faults.onlyNumbers(rules, subject, operator, written.position);
  const [from, to] = [readValue(rules, subject, low), readValue(rules, subject, high)].map(Number);
  return () => {
    for (const bound of [from, to]) checkInteger(rules, subject, bound ?? 0, written.position);
    return { kind: "comparison", field, operator, low: from ?? 0, high: to ?? 0 };
  };
}

/** `metrics.loss` -> the metric "loss"; a name without a prefix is an attribute. */
function subjectOf(rules: SearchRules, name: NameToken): Subject {
  const [first = "", rest] = name.parts;
  const [prefix, key] = rest === undefined ? ["attribute", first] : [first, rest];
  const entity: EntityKind | undefined =
    rest === undefined ? "attribute" : Object.hasOwn(rules.entities, prefix) ? rules.entities[prefix] : undefined;
  if (entity === undefined) throw faults.unknownEntity(rules, prefix, name.position);
  const keyed = rules.keyed[entity];
  if (keyed !== undefined) return { name, field: { entity, key }, rule: keyed };
  const known = rules.fixed[entity] ?? {};
  const rule = Object.hasOwn(known, key) ? known[key] : undefined;
  if (rule === undefined) throw faults.unknownKey(entity, key, Object.keys(known), name.position);
  return { name, field: { entity, key: rule.key }, rule };
}

export const isNumeric = (rule: FieldRule): boolean => rule.type === "number" || rule.type === "integer";

function readValue(rules: SearchRules, subject: Subject, value: ValueToken): Literal {
  const { rule, field } = subject;
  if (isNumeric(rule)) {
    if (value.kind === "number") return value.value;
    // MLflow takes version_number = '1' as well.
    if (value.kind === "string" && rules.kind === "model version") return versionNumber(subject, value.value);
    if (value.kind === "list" && rules.kind === "model version") throw faults.noList(rules, value.position);
    throw faults.notANumber(subject, value);
  }
  if (value.kind === "string") return value.value;
  if (value.kind === "list") {
    const takesLists = rule.operators.includes("IN");
    if (takesLists) return readList(value);
    if (field.entity === "attribute") throw faults.noList(rules, value.position);
    throw faults.notAText(rules, subject, value);
  }
  if (rules.bareValues && (value.kind === "name" || value.kind === "number")) return value.text;
  if (value.kind === "name") throw faults.unquoted(value);
  throw faults.notAText(rules, subject, value);
}

function versionNumber({ field }: Subject, text: string): number {
  if (/^\s*[+-]?\d+\s*$/.test(text)) return Number(text);
  throw faults.notAnInteger(field.key, text);
}

function readList({ items, text, position }: ListToken): readonly string[] {
  if (items.length === 0) throw faults.emptyList(position);
  const values = items.filter((item) => typeof item === "string");
  if (values.length < items.length) throw faults.mixedList(items, text, position);
  return values;
}

function checkOperator(rules: SearchRules, { name, field, rule }: Subject, operator: string, written: Token): void {
  const superset: readonly Operator[] = [...OF_EVERY_FIELD, ...(isNumeric(rule) ? OF_NUMBERS : OF_TEXTS)];
  const allowed = rule.type === "experimentId" ? rule.operators : [...rule.operators, ...superset];
  if (!allowed.some((one) => one === operator))
    throw faults.comparator(rules, { name, field, rule }, operator, written);
}

function compare(
  rules: SearchRules,
  subject: Subject,
  operator: string,
  literal: Literal,
  value: ValueToken,
): Comparison {
  const { field, rule } = subject;
  const wantsList = operator === "IN" || operator === "NOT IN";
  if (wantsList !== (typeof literal === "object")) throw faults.notAText(rules, subject, value);
  switch (operator) {
    case "IN":
    case "NOT IN": {
      if (typeof literal !== "object") throw faults.noList(rules, value.position);
      if (rule.type === "experimentId") for (const id of literal) checkExperimentId(id);
      return { kind: "comparison", field, operator, values: literal };
    }
    case "LIKE":
    case "ILIKE":
    case "NOT LIKE":
    case "NOT ILIKE":
      return { kind: "comparison", field, operator, value: pattern(literal, "LIKE pattern") };
    case "RLIKE":
    case "NOT RLIKE":
      return { kind: "comparison", field, operator, pattern: pattern(literal, "regular expression") };
    case "=":
    case "!=":
    case ">":
    case ">=":
    case "<":
    case "<=": {
      if (typeof literal === "object") throw faults.notAText(rules, subject, value);
      if (rule.type === "experimentId") checkExperimentId(String(literal));
      if (typeof literal === "number") checkInteger(rules, subject, literal, value.position);
      return { kind: "comparison", field, operator, value: literal };
    }
    default:
      throw invalid(`Invalid comparator '${operator}' (position ${value.position}).`);
  }
}

function checkInteger(rules: SearchRules, { field, rule }: Subject, value: number, position: number): void {
  if (rule.type !== "integer" || Number.isInteger(value)) return;
  throw faults.notAnInteger(field.key, rules.kind === "experiment" ? String(value) : value, position);
}

function pattern(literal: Literal, what: string): string {
  const text = String(literal);
  if (text.length > MAX_PATTERN) {
    throw invalid(`A ${what} may have at most ${MAX_PATTERN} characters, got ${text.length}.`);
  }
  return text;
}

function checkExperimentId(text: string): void {
  if (!/^[+-]?\d+$/.test(text.trim())) {
    throw invalid(`Invalid experiment ID '${text}'. Experiment ID must be a valid integer.`);
  }
}
