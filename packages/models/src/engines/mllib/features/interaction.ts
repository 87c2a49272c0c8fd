/** Interaction: products of one element of each column, for all combinations; a category counts as its one-hot vector. */

import { invalid } from "@esteira/core/errors";
import { badRequest } from "../../../format/cells.ts";
import { asTexts } from "../fields.ts";
import type { Attribute, Column } from "../row.ts";
import { outputParam, type SavedStage } from "../saved-stage.ts";
import { always, type Stage } from "../stage.ts";

/** An element of an input: where it is, and how many places of the encoded column it takes. */
interface Element {
  readonly at: number;
  readonly offset: number;
  readonly width: number;
}

interface Encoded {
  readonly elements: readonly Element[];
  readonly width: number;
  readonly column: Column;
}

function encode(column: Column): Encoded {
  if (column.kind === "text") throw invalid(`Column '${column.name}' holds text, where Interaction takes numbers`);
  const attributes: readonly (Attribute | undefined)[] =
    column.kind === "number"
      ? [column.attribute]
      : Array.from({ length: column.size }, (_, i) => column.attributes?.[i]);
  let width = 0;
  const elements = attributes.map((attribute, i) => {
    const element = { at: column.at + i, offset: width, width: Math.max(1, attribute?.categories ?? 1) };
    width += element.width;
    return element;
  });
  return { elements, width, column };
}

export function readInteraction(saved: SavedStage): Stage {
  const inputs = asTexts(saved.param("inputCols"));
  const name = outputParam(saved);
  return {
    output: name,
    layOut(layout) {
      const columns = inputs.map((input) => encode(layout.column(input)));
      const size = columns.reduce((product, { width }) => product * width, 1);
      const to = layout.vector(name, size);
      const scratch = [new Float64Array(size), new Float64Array(size)];
      const work = always(
        columns.map(({ column }) => column),
        [to],
        ({ numbers, nulls }) => {
          let [before, after] = [scratch[0]!, scratch[1]!];
          before[0] = 1;
          let filled = 1;
          // The last column varies fastest.
          for (let c = columns.length - 1; c >= 0; c--) {
            const { elements, width, column } = columns[c]!;
            if (nulls[column.at] === 1) throw badRequest(`Column '${column.name}' is null, which Interaction refuses`);
            after.fill(0, 0, filled * width);
            for (const element of elements) {
              const value = numbers[element.at]!;
              const place = (element.offset + placeOf(element, value, column.name)) * filled;
              const factor = element.width > 1 ? 1 : value;
              for (let j = 0; j < filled; j++) after[place + j] = before[j]! * factor;
            }
            filled *= width;
            [before, after] = [after, before];
          }
          numbers.set(before.subarray(0, size), to.at);
          nulls[to.at] = 0;
        },
      );
      return [work];
    },
  };
}

function placeOf({ width }: Element, value: number, name: string): number {
  if (width <= 1) return 0;
  if (Number.isInteger(value) && value >= 0 && value < width) return value;
  throw badRequest(`Column '${name}' holds ${value}, and Interaction takes an index below ${width} there`);
}
