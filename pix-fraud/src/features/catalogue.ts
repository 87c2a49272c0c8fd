import { invalid } from "@esteira/core/errors";
import type { TransferColumns } from "../ledger/ledger.ts";
import { amount } from "./amount.ts";
import { device } from "./device.ts";
import type { FeatureDefinition, FeatureGroup } from "./feature.ts";
import { label } from "./label.ts";
import { pair } from "./pair.ts";
import { payee } from "./payee.ts";
import { payer } from "./payer.ts";
import { ring } from "./ring.ts";
import { session } from "./session.ts";
import { time } from "./time.ts";

/** Raise when a computation changes and its definition does not, so that feature sets of different meaning differ. */
export const CATALOGUE_VERSION = 1;

const GROUPS: readonly FeatureGroup[] = [amount, time, session, payer, pair, device, payee, label, ring];

/** Every feature there is, in the order of the table's columns. */
export const CATALOGUE: readonly FeatureDefinition[] = GROUPS.flatMap((group) => group.definitions);

/** The features that a ledger with these columns can have. */
export const availableFeatures = (
  columns: TransferColumns,
  catalogue: readonly FeatureDefinition[] = CATALOGUE,
): readonly FeatureDefinition[] =>
  catalogue.filter((feature) => (feature.requires ?? []).every((column) => columns[column] !== undefined));

/** How to compute some features: whole groups into a scratch row, of which the wanted columns are then taken. */
export interface FeaturePlan {
  readonly definitions: readonly FeatureDefinition[];
  readonly writes: readonly FeatureGroup["write"][];
  /** Where each group begins in the scratch row. */
  readonly starts: readonly number[];
  readonly scratchWidth: number;
  /** For each wanted feature, its place in the scratch row. */
  readonly columns: Int32Array;
}

/** The features of these names, in this order. Throws INVALID_PARAMETER_VALUE for a name not in the catalogue. */
export const featuresByName = (
  names: readonly string[],
  catalogue: readonly FeatureDefinition[] = CATALOGUE,
): readonly FeatureDefinition[] =>
  names.map((name) => catalogue.find((feature) => feature.name === name) ?? unknownFeature(name, catalogue));

function unknownFeature(name: string, catalogue: readonly FeatureDefinition[]): never {
  throw invalid(`No feature is called '${name}'; the catalogue has ${catalogue.map((f) => f.name).join(", ")}.`);
}

/** Plans the features of these names, in this order. Throws INVALID_PARAMETER_VALUE for a name not in the catalogue. */
export function planFeatures(names: readonly string[]): FeaturePlan {
  const wanted = new Set(names);
  const groups = GROUPS.filter((group) => group.definitions.some(({ name }) => wanted.has(name)));
  const starts: number[] = [];
  const places = new Map<string, { readonly at: number; readonly definition: FeatureDefinition }>();
  let scratchWidth = 0;
  for (const group of groups) {
    starts.push(scratchWidth);
    for (const definition of group.definitions) places.set(definition.name, { at: scratchWidth++, definition });
  }
  const found = names.map((name) => {
    return places.get(name) ?? unknownFeature(name, CATALOGUE);
  });
  return {
    definitions: found.map(({ definition }) => definition),
    writes: groups.map((group) => group.write),
    starts,
    scratchWidth,
    columns: Int32Array.from(found, ({ at }) => at),
  };
}
