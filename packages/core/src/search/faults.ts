import { type EsteiraError, invalid } from "../errors.ts";
import type { EntityKind, Operator } from "./ast.ts";
import type { ListToken, Subject, ValueToken } from "./clauses.ts";
import type { Token } from "./lexer.ts";
import { pythonString } from "./python-text.ts";
import type { SearchKind, SearchRules } from "./rules.ts";

/**
 * What is said about a filter or an order that cannot be read: MLflow's sentence for each kind of search, so that
 * scripts which match messages keep working, and after it the position and what was expected.
 */
const at = (position: number): string => ` (position ${position})`;
/** MLflow shows a set of names as Python prints it. */
export const setOf = (names: readonly string[]): string => `{${names.map((name) => `'${name}'`).join(", ")}}`;

const ENTITIES: Readonly<Record<SearchKind, (name: string) => string>> = {
  run: (name) =>
    `Invalid entity type '${name}'. Valid values are ['metric', 'parameter', 'tag', 'attribute', 'dataset']`,
  experiment: attributeOrTag,
  "registered model": attributeOrTag,
  "model version": attributeOrTag,
  "logged model": (name) =>
    `Invalid entity type: '${name}'. Expected one of ['attributes', 'metrics', 'params', 'tags'].`,
};
function attributeOrTag(name: string): string {
  return `Invalid entity type '${name}'. Valid entity types are ('attribute', 'tag', 'tags')`;
}
export const unknownEntity = ({ kind }: SearchRules, name: string, position: number): EsteiraError =>
  invalid(ENTITIES[kind](name) + at(position));

export const unknownKey = (entity: EntityKind, key: string, known: readonly string[], position: number): EsteiraError =>
  invalid(`Invalid ${entity} key '${key}' specified. Valid keys are '${setOf(known)}'${at(position)}`);

export const notANumber = ({ name, field }: Subject, value: ValueToken): EsteiraError => {
  const written = name.parts.at(-1) ?? field.key;
  const what = field.entity === "metric" ? "metric" : `numeric attribute: ${written}`;
  return invalid(`Expected numeric value type for ${what}. Found ${shown(value)}${at(value.position)}`);
};

export const notAnInteger = (key: string, value: string | number, position?: number): EsteiraError =>
  invalid(
    `Invalid value for numeric attribute '${key}': ${typeof value === "string" ? pythonString(value) : value}${
      position === undefined ? "" : at(position)
    }`,
  );

/** RLIKE on a number, BETWEEN on a text. */
export const onlyNumbers = (
  { kind }: SearchRules,
  { name }: Subject,
  operator: string,
  position: number,
): EsteiraError =>
  invalid(
    kind === "logged model"
      ? `Invalid comparison operator for ${name.text}: '${operator}'. It compares numbers, and ${name.text} is text.`
      : `Invalid clause(s) in filter string: '${name.text}', '${operator}'${at(position)}. ${operator} compares numbers, and ${name.text} is text.`,
  );

export function notAText({ kind }: SearchRules, { field }: Subject, value: ValueToken): EsteiraError {
  const got = ` Got value ${shown(value)}${at(value.position)}`;
  if (field.entity === "param") {
    return invalid(`Expected a quoted string value for parameter (e.g. 'my-value').${got}`);
  }
  if (field.entity === "tag") return invalid(`Expected a quoted string value for tag (e.g. 'my-value').${got}`);
  if (field.entity === "dataset") return invalid(`Expected a quoted string value for dataset attributes.${got}`);
  if (kind === "model version" && value.kind === "number") {
    const numeric = setOf(["version_number", "creation_timestamp", "last_updated_timestamp"]);
    return invalid(`Only the '${numeric}' attributes support comparison with numeric values.${at(value.position)}`);
  }
  return invalid(
    kind === "registered model" || kind === "model version"
      ? `Expected a quoted string value or a list of quoted string values for attributes.${got}`
      : `Expected a quoted string value for attributes.${got}`,
  );
}

export const unquoted = (value: Token): EsteiraError =>
  invalid(
    `Parameter value is either not quoted or unidentified quote types used for string value ${value.text}. Use either single or double quotes.${at(value.position)}`,
  );

export function noList({ fixed }: SearchRules, position: number): EsteiraError {
  const listed = Object.entries(fixed.attribute ?? {})
    .filter(([, known]) => known.operators.includes("IN"))
    .map(([key]) => `'${key}'`);
  return invalid(
    `Only [${listed.join(", ")}] attributes support comparison with a list of quoted string values.${at(position)}`,
  );
}

const LIST = "While parsing a list in the query, expected";
export const emptyList = (position: number): EsteiraError =>
  invalid(`${LIST} a non-empty list of string values, but got empty list${at(position)}`);
export const unreadableList = (position: number): EsteiraError =>
  invalid(`${LIST} a non-empty list of string values, but got ill-formed list.${at(position)}`);
export const mixedList = (items: ListToken["items"], text: string, position: number): EsteiraError => {
  const tuple = items.map((item) => (typeof item === "string" ? pythonString(item) : String(item)));
  const list = items.length === 1 ? `(${tuple[0]},)` : `(${tuple.join(", ")})`;
  return invalid(
    `${LIST} string value, punctuation, or whitespace, but got different type in list: ${cut(text.length < MAX_SHOWN ? list : text)}${at(position)}`,
  );
};

const TEXT_ATTRIBUTE: readonly Operator[] = ["=", "!=", "LIKE", "ILIKE", "IN", "NOT IN"];

export function comparator(
  { kind }: SearchRules,
  { name, field, rule }: Subject,
  operator: string,
  written: Token,
): EsteiraError {
  const isAttribute = field.entity === "attribute";
  const position = at(written.position);
  const oneOf = (operators: readonly Operator[]) =>
    invalid(`Invalid comparator '${operator}' not one of '${setOf(operators)}'${position}`);
  switch (kind) {
    case "run":
      return oneOf(isAttribute ? TEXT_ATTRIBUTE : rule.operators);
    case "experiment":
      if (rule.type === "experimentId") return invalid(`Invalid comparator for experiment_id: ${operator}${position}`);
      return isAttribute ? oneOf(TEXT_ATTRIBUTE) : invalid(`Invalid comparator for tag: ${operator}${position}`);
    case "registered model":
    case "model version": {
      const numeric = rule.type === "integer" ? ` ${field.key}` : "";
      return invalid(`Invalid comparator for ${isAttribute ? `attribute${numeric}` : "tag"}: ${operator}${position}`);
    }
    case "logged model": {
      const entity = `${field.entity}s`;
      const known = rule.operators.map((one) => `'${one}'`).join(", ");
      const key = isAttribute ? (rule.shownAs ?? field.key) : (name.parts.at(-1) ?? field.key);
      return invalid(
        `Invalid comparison operator for ${entity}.${key}: '${operator}'. Expected one of (${known}).${position}`,
      );
    }
  }
}

/** A filter of nothing but spaces, or (`position` given) of several statements. */
export function emptyFilter({ kind }: SearchRules, source: string, position?: number): EsteiraError {
  if (kind === "logged model") {
    return invalid(`Invalid filter string: ${pythonString(cut(source))}. Expected a single SQL expression.`);
  }
  return invalid(
    position === undefined
      ? `Invalid filter '${cut(source)}'. Could not be parsed.`
      : `Search filter contained multiple expression ${pythonString(cut(source))}. Provide AND-ed expression list.${at(position)}`,
  );
}

export function unreadable(
  { kind }: SearchRules,
  source: string,
  token: Token | undefined,
  expected: string,
): EsteiraError {
  if (kind === "logged model") {
    return invalid(
      `Invalid filter string: ${pythonString(cut(source))}. Expected a list of comparisons separated by 'AND' (e.g. 'metrics.loss > 0.1 AND params.lr = 0.01'). At position ${token?.position ?? source.length + 1} expected ${expected}.`,
    );
  }
  return invalid(
    token === undefined
      ? `Invalid clause(s) in filter string: it ends where ${expected} was expected.`
      : `Invalid clause(s) in filter string: '${cut(token.text)}'${at(token.position)}. Expected ${expected}.`,
  );
}

const MAX_SHOWN = 1000;
/** A message shows what was written, but no megabyte of it. */
const cut = (text: string): string => (text.length <= MAX_SHOWN ? text : `${text.slice(0, MAX_SHOWN)}...`);
const shown = (value: ValueToken): string => cut(value.text);

export const unknownOrderKey = (key: string, known: readonly string[], position: number): EsteiraError =>
  invalid(`Invalid order by key '${key}' specified. Valid keys are '${setOf(known)}'${at(position)}`);
