import { invalid } from "../errors.ts";
import { type Int64, parseInt64 } from "../int64.ts";
import type { Ordering } from "./ast.ts";
import { type Token, tokensOf } from "./lexer.ts";
import { orderField, parseOrderBy } from "./order-by.ts";
import { RUN_RULES } from "./rules.ts";

/**
 * A figure of the history of a run's metric: `min(metrics.loss)`, `max(metrics.loss)` or, at one step,
 * `at(metrics.loss, 10)`. NaN is in no minimum or maximum. Of several values at one step the one logged last counts: the
 * greatest (timestamp, value).
 */
export type MetricAggregate =
  | { readonly kind: "min" | "max"; readonly key: string }
  | { readonly kind: "at"; readonly key: string; readonly step: Int64 };

/** A field as MLflow orders by it, or an aggregate. */
export type RunOrdering = Ordering | { readonly aggregate: MetricAggregate; readonly ascending: boolean };

/** What a search of runs gives back of each run besides its info. */
export interface RunColumns {
  readonly metrics: readonly string[];
  readonly params: readonly string[];
  readonly tags: readonly string[];
  readonly aggregates: readonly { readonly column: string; readonly aggregate: MetricAggregate }[];
}

const MAX_COLUMNS = 200;
const MAX_LENGTH = 1000;
const MAX_CLAUSES = 20;
const LISTS = { metric: "metrics", param: "params", tag: "tags" } as const;

/**
 * Reads `columns`: `metrics.auc`, `params.depth`, "tags.`mlflow.user`" and aggregates. A run's info always comes, so
 * its attributes may be named too, and change nothing. Refuses with INVALID_PARAMETER_VALUE.
 */
export function parseRunColumns(columns: readonly string[]): RunColumns {
  if (columns.length > MAX_COLUMNS) {
    throw invalid(`Invalid columns: at most ${MAX_COLUMNS} may be named, got ${columns.length}.`);
  }
  const named = { metrics: new Set<string>(), params: new Set<string>(), tags: new Set<string>() };
  const aggregates = new Map<string, MetricAggregate>();
  for (const column of columns) {
    const tokens = tokensIn(column, "column");
    const aggregate = readAggregate(tokens);
    if (aggregate !== undefined && aggregate.rest.length === 0) {
      aggregates.set(column, aggregate.aggregate);
      continue;
    }
    const [name, more] = tokens;
    if (name?.kind !== "name" || more !== undefined || aggregate !== undefined) throw unreadable(column, "column");
    const { entity, key } = orderField(name.parts, RUN_RULES, name);
    if (entity === "metric" || entity === "param" || entity === "tag") named[LISTS[entity]].add(key);
  }
  return {
    metrics: [...named.metrics],
    params: [...named.params],
    tags: [...named.tags],
    aggregates: [...aggregates].map(([column, aggregate]) => ({ column, aggregate })),
  };
}

/** Reads `order_by` where a clause may also order by an aggregate. */
export function parseRunOrder(clauses: readonly string[] | undefined): readonly RunOrdering[] {
  if (clauses === undefined) return [];
  if (clauses.length > MAX_CLAUSES) {
    throw invalid(`Invalid order_by: it may have at most ${MAX_CLAUSES} clauses, got ${clauses.length}.`);
  }
  const seen = new Set<string>();
  return clauses.flatMap((clause): readonly RunOrdering[] => {
    const found = readAggregate(tokensIn(clause, "order_by clause"));
    const orderings =
      found === undefined
        ? parseOrderBy([clause], RUN_RULES)
        : [{ aggregate: found.aggregate, ascending: direction(clause, found.rest) }];
    for (const ordering of orderings) {
      const name = nameOf(ordering);
      if (seen.has(name)) throw invalid(`Invalid order_by: ${name} is given twice.`);
      seen.add(name);
    }
    return orderings;
  });
}

const nameOf = (ordering: RunOrdering): string => {
  if ("field" in ordering) return `${ordering.field.entity}.${ordering.field.key}`;
  const { aggregate } = ordering;
  return `${aggregate.kind}(metrics.${aggregate.key}${aggregate.kind === "at" ? `, ${aggregate.step}` : ""})`;
};

function direction(clause: string, rest: readonly Token[]): boolean {
  const [word, more] = rest;
  const text = word?.text.toUpperCase() ?? "ASC";
  if (more === undefined && (text === "ASC" || text === "DESC")) return text === "ASC";
  throw unreadable(clause, "order_by clause");
}

function tokensIn(text: string, what: string): readonly Token[] {
  if (text.length > MAX_LENGTH) {
    throw invalid(`A ${what} may have at most ${MAX_LENGTH} characters, got ${text.length}.`);
  }
  try {
    return [...tokensOf(text)];
  } catch {
    throw unreadable(text, what);
  }
}

/** The aggregate that the tokens begin with, and the tokens behind it; undefined when they begin with a name alone. */
function readAggregate(tokens: readonly Token[]): { aggregate: MetricAggregate; rest: readonly Token[] } | undefined {
  const [name, open, metric, next, ...more] = tokens;
  if (name?.kind !== "name" || open?.text !== "(") return undefined;
  const kind = name.text.toLowerCase();
  if (kind !== "min" && kind !== "max" && kind !== "at") {
    throw invalid(`Unknown aggregate '${name.text}': use min(metrics.KEY), max(metrics.KEY) or at(metrics.KEY, STEP).`);
  }
  if (metric?.kind !== "name") throw notAggregate(kind);
  const field = orderField(metric.parts, RUN_RULES, metric);
  if (field.entity !== "metric") throw notAggregate(kind);
  if (kind !== "at") {
    if (next?.text !== ")") throw notAggregate(kind);
    return { aggregate: { kind, key: field.key }, rest: more };
  }
  const [number, close, ...rest] = more;
  const step = number?.kind === "number" ? parseInt64(number.text) : undefined;
  if (next?.text !== "," || step === undefined || close?.text !== ")") throw notAggregate(kind);
  return { aggregate: { kind, key: field.key, step }, rest };
}

const notAggregate = (kind: string) =>
  invalid(
    kind === "at"
      ? "Invalid aggregate: expected at(metrics.KEY, STEP) with a whole number as step."
      : `Invalid aggregate: expected ${kind}(metrics.KEY).`,
  );

const unreadable = (text: string, what: string) =>
  invalid(`Invalid ${what} '${text}': expected a name such as metrics.auc, or an aggregate such as min(metrics.loss).`);
