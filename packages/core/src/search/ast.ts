/** What a filter says, after names and types were checked: ready to be compiled to SQL or evaluated in memory. */
export type Filter = Conjunction | Disjunction | Negation | Comparison;

export interface Conjunction {
  readonly kind: "and";
  readonly operands: readonly Filter[];
}
export interface Disjunction {
  readonly kind: "or";
  readonly operands: readonly Filter[];
}
/** True where the operand is not true: also where the operand has no value to compare. */
export interface Negation {
  readonly kind: "not";
  readonly operand: Filter;
}

export type EntityKind = "attribute" | "metric" | "param" | "tag" | "dataset";

/** `key` is canonical: aliases such as `created` are already `start_time`. */
export interface Field {
  readonly entity: EntityKind;
  readonly key: string;
}

export type ScalarOperator = "=" | "!=" | ">" | ">=" | "<" | "<=";
export type PatternOperator = "LIKE" | "ILIKE" | "NOT LIKE" | "NOT ILIKE";
/** Whether a regular expression matches somewhere in the text. */
export type RegexOperator = "RLIKE" | "NOT RLIKE";
export type ListOperator = "IN" | "NOT IN";
export type RangeOperator = "BETWEEN" | "NOT BETWEEN";
export type NullOperator = "IS NULL" | "IS NOT NULL";
export type Operator = ScalarOperator | PatternOperator | RegexOperator | ListOperator | RangeOperator | NullOperator;

interface Compares<Operators extends Operator> {
  readonly kind: "comparison";
  readonly field: Field;
  readonly operator: Operators;
}
export type Comparison =
  | (Compares<ScalarOperator> & { readonly value: string | number })
  | (Compares<PatternOperator> & { readonly value: string })
  | RegexComparison
  | (Compares<ListOperator> & { readonly values: readonly string[] })
  | (Compares<RangeOperator> & { readonly low: number; readonly high: number })
  | Compares<NullOperator>;
export type RegexComparison = Compares<RegexOperator> & { readonly pattern: string };

export interface Ordering {
  readonly field: Field;
  readonly ascending: boolean;
}

/** Every comparison of a filter, left to right. */
export function comparisonsOf(filter: Filter | undefined): readonly Comparison[] {
  if (filter === undefined) return [];
  switch (filter.kind) {
    case "comparison":
      return [filter];
    case "not":
      return comparisonsOf(filter.operand);
    default:
      return filter.operands.flatMap(comparisonsOf);
  }
}

/** The same tree with other comparisons. */
export function mapComparisons(filter: Filter, change: (comparison: Comparison) => Filter): Filter {
  switch (filter.kind) {
    case "comparison":
      return change(filter);
    case "not":
      return { kind: "not", operand: mapComparisons(filter.operand, change) };
    default:
      return { kind: filter.kind, operands: filter.operands.map((operand) => mapComparisons(operand, change)) };
  }
}
