/** Where answers go, beside the columns that are kept of the input. */

import { isRecord, type Prediction } from "../flavors/flavor.ts";
import type { Cells } from "./batch.ts";

export interface KeptColumn {
  readonly name: string;
  readonly cells: Cells;
}

/** What a sink needs to go on after a stop: JSON. */
export type SinkState = Readonly<Record<string, unknown>>;

export interface Sink {
  /** Rows in the order of the input. */
  write(kept: readonly KeptColumn[], predictions: readonly Prediction[]): Promise<void>;
  /** Puts what was written on the disk, and says how to go on from here. */
  checkpoint(): Promise<SinkState>;
  /** Ends the file. */
  finish(): Promise<void>;
  /** Leaves the file as it is. */
  abandon(): Promise<void>;
}

/** One column a value of the answer: `prediction`; `prediction_0`, `prediction_1` ... for lists; the outputs' names for records. */
export function predictionColumns(
  predictions: readonly Prediction[],
): readonly { name: string; values: Float64Array }[] {
  const [first] = predictions;
  if (isRecord(first))
    return Object.keys(first).map((name) => ({
      name,
      values: Float64Array.from(predictions, (value) => number(isRecord(value) ? value[name] : undefined)),
    }));
  if (!Array.isArray(first))
    return [{ name: "prediction", values: Float64Array.from(predictions, (value) => number(value)) }];
  const width = first.length;
  return Array.from({ length: width }, (_, at) => ({
    name: `prediction_${at}`,
    values: Float64Array.from(predictions, (value) => {
      if (!Array.isArray(value) || value.length !== width)
        throw new TypeError("The model's answers are not of one length");
      const items: readonly Prediction[] = value;
      return number(items[at]);
    }),
  }));
}

function number(value: Prediction | undefined): number {
  if (typeof value === "number") return value;
  throw new TypeError("The model answers something else than numbers: a column cannot hold it");
}
