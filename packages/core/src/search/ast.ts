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
export type PatternOperator = "LIKE" | "ILIKE";
export type ListOperator = "IN" | "NOT IN";
export type NullOperator = "IS NULL" | "IS NOT NULL";
export type Operator = ScalarOperator | PatternOperator | ListOperator | NullOperator;

export type Comparison =
  | {
      readonly kind: "comparison";
      readonly field: Field;
      readonly operator: ScalarOperator;
      readonly value: string | number;
    }
  | { readonly kind: "comparison"; readonly field: Field; readonly operator: PatternOperator; readonly value: string }
  | {
      readonly kind: "comparison";
      readonly field: Field;
      readonly operator: ListOperator;
      readonly values: readonly string[];
    }
  | { readonly kind: "comparison"; readonly field: Field; readonly operator: NullOperator };

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
