import type { TransferColumns } from "../ledger/ledger.ts";
import type { Moment } from "./state/moment.ts";

/** Whose past a feature looks at; "transfer" is the row alone. */
export type Entity = "transfer" | "payer" | "payee" | "key" | "pair" | "device" | "ring";

/**
 * What a feature may know, at the instant t of its row.
 * P1: strictly earlier rows. P2: P1 and the row's own fields. P3: a table valid at t. P4: a directory as read at t.
 * P5: frauds known at or before t. P6: edges first seen in earlier rows.
 */
export type PointInTime = "P1" | "P2" | "P3" | "P4" | "P5" | "P6";

export type Unit =
  | "ln R$"
  | "R$"
  | "flag"
  | "code"
  | "count"
  | "ratio"
  | "days"
  | "hours"
  | "seconds"
  | "sd"
  | "nats"
  | "km"
  | "km/h"
  | "-";

/** What a person, a gate or a decision record needs to know of a feature. */
export interface FeatureDefinition {
  readonly name: string;
  /** One sentence. */
  readonly definition: string;
  /** "now", "ever", or a length such as "24 h": the open interval (t - length, t). */
  readonly window: string;
  readonly unit: Unit;
  readonly entity: Entity;
  readonly pit: PointInTime;
  /** Columns without which the ledger cannot have the feature: it is then left out of the table. */
  readonly requires?: readonly (keyof TransferColumns)[];
  /** Days in which a feature of the calendar comes round: in fewer days only a part of it is seen. */
  readonly cycleDays?: number;
  /** The direction that the domain demands of the score: 1 never falls, -1 never rises as the feature grows. */
  readonly monotone?: 1 | -1;
}

export type Feature = FeatureDefinition;

/** Features that look at the same records, and their one computation. */
export interface FeatureGroup {
  readonly definitions: readonly FeatureDefinition[];
  /** Writes every value of the group: that of `definitions[k]` at `row[at + k]`. NaN is "not known". */
  readonly write: (moment: Moment, row: Float64Array, at: number) => void;
}

/** Each definition's place in its group, by name. */
export const columnsOf = <const D extends readonly FeatureDefinition[]>(
  definitions: D,
): { readonly [Name in D[number]["name"]]: number } =>
  Object.fromEntries(definitions.map((definition, index) => [definition.name, index])) as {
    readonly [Name in D[number]["name"]]: number;
  };
