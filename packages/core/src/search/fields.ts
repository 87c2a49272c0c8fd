import { type EsteiraError, invalid } from "../errors.ts";
import type { Comparison, EntityKind, Field, Operator, PatternOperator, ScalarOperator } from "./ast.ts";
import type { Token } from "./lexer.ts";
import type { FieldRule, SearchRules } from "./rules.ts";

type NameToken = Extract<Token, { kind: "name" }>;
export type ValueToken = Token | { readonly kind: "list"; readonly text: string; readonly values: readonly string[] };

const MAX_PATTERN = 1000;
const at = (token: { position: number }): string => ` (position ${token.position})`;
/** MLflow shows a set of names as Python prints it. */
export const setOf = (names: readonly string[]): string => `{${names.map((name) => `'${name}'`).join(", ")}}`;

/** `metrics.loss` -> the metric "loss"; a name without a prefix is an attribute. */
export function resolveField(rules: SearchRules, name: NameToken): { field: Field; rule: FieldRule } {
  const [first, rest] = name.parts;
  const [prefix, key] = rest === undefined ? ["attribute", first ?? ""] : [first ?? "", rest];
  const entity: EntityKind | undefined =
    rest === undefined ? "attribute" : Object.hasOwn(rules.entities, prefix) ? rules.entities[prefix] : undefined;
  if (entity === undefined) throw invalid(`${rules.entityHint(prefix)}${at(name)}`);
  const keyed = rules.keyed[entity];
  if (keyed !== undefined) return { field: { entity, key }, rule: keyed };
  const known = rules.fixed[entity] ?? {};
  const rule = Object.hasOwn(known, key) ? known[key] : undefined;
  if (rule === undefined) {
    throw invalid(`Invalid ${entity} key '${key}' specified. Valid keys are '${setOf(Object.keys(known))}'${at(name)}`);
  }
  return { field: { entity, key: rule.key }, rule };
}

/** Checks operator and value against the rule of the field. The value is looked at first, as MLflow does. */
export function compare(rules: SearchRules, name: NameToken, operator: Token, value: ValueToken): Comparison {
  const { field, rule } = resolveField(rules, name);
  const symbol = operator.text.toUpperCase().replace(/\s+/g, " ");
  if (value.kind === "list") return compareList(rules, name, field, rule, symbol, value);
  const literal = readValue(rules, name, field, rule, value);
  if (!isAllowed(rule.operators, symbol)) throw comparatorError(rules, name, field, rule, operator, symbol);
  if (symbol === "LIKE" || symbol === "ILIKE")
    return { kind: "comparison", field, operator: symbol, value: pattern(literal) };
  return { kind: "comparison", field, operator: symbol, value: literal };
}

export function compareNull(rules: SearchRules, name: NameToken, operator: "IS NULL" | "IS NOT NULL"): Comparison {
  const { field, rule } = resolveField(rules, name);
  if (rule.operators.includes(operator)) return { kind: "comparison", field, operator };
  const nullable = Object.entries(rules.keyed).flatMap(([entity, keyed]) =>
    keyed.operators.includes("IS NULL") ? [`${entity}s`] : [],
  );
  if (nullable.length === 0) {
    throw invalid(
      `Invalid comparison: ${name.text} ${operator}${at(name)}. Expected a comparison with 3 tokens, such as tags.key = 'value'.`,
    );
  }
  // "tags and params" in MLflow's own order.
  const supported = [...nullable].sort().reverse().join(" and ");
  const shown = rules.keyed.metric === undefined ? field.entity : `'${field.entity}'`;
  throw invalid(`IS NULL / IS NOT NULL is only supported for ${supported}, not for ${shown} '${field.key}'${at(name)}`);
}

function compareList(
  rules: SearchRules,
  name: NameToken,
  field: Field,
  rule: FieldRule,
  symbol: string,
  value: Extract<ValueToken, { kind: "list" }>,
): Comparison {
  if ((symbol === "IN" || symbol === "NOT IN") && rule.operators.includes(symbol)) {
    if (rule.type === "experimentId") for (const id of value.values) checkExperimentId(id);
    return { kind: "comparison", field, operator: symbol, values: value.values };
  }
  if (field.entity === "metric")
    throw invalid(`Expected numeric value type for metric. Found ${value.text}${at(name)}`);
  if (field.entity !== "attribute") throw quotedExpected(field.entity, value.text, name);
  const listed = Object.entries(rules.fixed.attribute ?? {})
    .filter(([, known]) => known.operators.includes("IN"))
    .map(([key]) => `'${key}'`);
  throw invalid(
    `Only [${listed.join(", ")}] attributes support comparison with a list of quoted string values.${at(name)}`,
  );
}

function readValue(rules: SearchRules, name: NameToken, field: Field, rule: FieldRule, value: Token): string | number {
  if (rule.type === "number" || rule.type === "integer") {
    if (value.kind === "number") {
      if (rule.type === "integer" && !Number.isSafeInteger(value.value)) {
        throw invalid(
          `Invalid value for numeric attribute '${field.key}': ${value.text}. Expected an integer${at(value)}`,
        );
      }
      return value.value;
    }
    // MLflow takes version_number = '1' as well.
    if (value.kind === "string" && field.key === "version_number" && /^\d+$/.test(value.value))
      return Number(value.value);
    throw invalid(
      field.entity === "metric"
        ? `Expected numeric value type for metric. Found ${value.text}${at(value)}`
        : `Expected numeric value type for numeric attribute: ${field.key}. Found ${value.text}${at(value)}`,
    );
  }
  if (value.kind === "string") {
    if (rule.type === "experimentId") checkExperimentId(value.value);
    return value.value;
  }
  if (rules.bareValues && (value.kind === "name" || value.kind === "number")) return value.text;
  if (value.kind === "number") throw quotedExpected(field.entity, value.text, name);
  throw invalid(
    `Parameter value is either not quoted or unidentified quote types used for string value ${value.text}. Use either single or double quotes.${at(value)}`,
  );
}

const ENTITY_WORDS: Readonly<Record<EntityKind, string>> = {
  attribute: "attributes",
  metric: "metric",
  param: "parameter (e.g. 'my-value')",
  tag: "tag (e.g. 'my-value')",
  dataset: "dataset (e.g. 'my-value')",
};
const quotedExpected = (entity: EntityKind, found: string, name: NameToken): EsteiraError =>
  invalid(`Expected a quoted string value for ${ENTITY_WORDS[entity]}. Got value ${found}${at(name)}`);

function comparatorError(
  rules: SearchRules,
  name: NameToken,
  field: Field,
  rule: FieldRule,
  operator: Token,
  symbol: string,
): EsteiraError {
  if (rules.bareValues) {
    const shown = `${field.entity}s.${field.key}`;
    return invalid(
      `Invalid comparison operator for ${shown}: '${operator.text}'. Expected one of (${rule.operators.map((one) => `'${one}'`).join(", ")}).${at(operator)}`,
    );
  }
  if (rule.type === "experimentId") return invalid(`Invalid comparator for experiment_id: ${symbol}${at(operator)}`);
  if (
    rules.keyed.metric === undefined &&
    rules.fixed.attribute?.creation_time === undefined &&
    field.entity === "attribute"
  ) {
    return invalid(
      `Invalid comparator for attribute: ${symbol}${at(operator)}. Expected one of ${setOf(rule.operators)}, got ${name.text} ${symbol}`,
    );
  }
  return invalid(`Invalid comparator '${operator.text}' not one of '${setOf(rule.operators)}'${at(operator)}`);
}

const isAllowed = (operators: readonly Operator[], symbol: string): symbol is ScalarOperator | PatternOperator =>
  operators.some((operator) => operator === symbol);

function pattern(value: string | number): string {
  const text = String(value);
  if (text.length > MAX_PATTERN) {
    throw invalid(`A LIKE pattern may have at most ${MAX_PATTERN} characters, got ${text.length}.`);
  }
  return text;
}

function checkExperimentId(text: string): void {
  if (!/^[+-]?\d+$/.test(text.trim())) {
    throw invalid(`Invalid experiment ID '${text}'. Experiment ID must be a valid integer.`);
  }
}
