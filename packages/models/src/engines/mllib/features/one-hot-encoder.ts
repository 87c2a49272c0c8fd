/** OneHotEncoderModel: an index into a vector with a 1 in its place. */

import { invalid } from "@esteira/core/errors";
import { badRequest } from "../../../format/cells.ts";
import { asNumbers, get } from "../fields.ts";
import type { Attribute, NumberColumn } from "../row.ts";
import { booleanParam, choiceParam, columnPairs, onlyRow, type SavedStage } from "../saved-stage.ts";
import type { Stage, Step } from "../stage.ts";

export async function readOneHotEncoder(saved: SavedStage): Promise<Stage> {
  const { inputs, outputs } = columnPairs(saved);
  const sizes = asNumbers(get(await onlyRow(saved), "categorySizes"));
  if (sizes.length !== inputs.length)
    throw invalid(`OneHotEncoderModel has sizes for ${sizes.length} columns, and ${inputs.length} inputCols`);
  const keeps = choiceParam(saved, "handleInvalid", ["error", "keep"]) === "keep";
  const dropsLast = booleanParam(saved, "dropLast");
  return {
    output: outputs.at(-1),
    layOut: (layout) =>
      inputs.map((name, i): Step => {
        const column = layout.numberColumn(name);
        const known = sizes[i]!;
        // Kept invalid values are a category of their own, behind the known ones.
        const categories = keeps ? known + 1 : known;
        const size = dropsLast ? categories - 1 : categories;
        const output = layout.vector(outputs[i]!, size, attributesOf(column, size));
        return {
          reads: [column],
          writes: [output],
          run(row) {
            const { numbers } = row;
            numbers.fill(0, output.at, output.at + size);
            let value = numbers[column.at]!;
            if (row.nulls[column.at] === 1) throw badRequest(`Column '${name}' is null, which OneHotEncoder refuses`);
            if (!(value >= 0 && value < known)) {
              if (!keeps)
                throw badRequest(
                  `Column '${name}' holds ${value}, which is none of the ${known} categories of its OneHotEncoder (handleInvalid=error)`,
                );
              value = known;
            } else if (!Number.isInteger(value)) {
              throw badRequest(`Column '${name}' holds ${value}, and a OneHotEncoder takes whole numbers`);
            }
            if (value < size) numbers[output.at + value] = 1;
            row.nulls[output.at] = 0;
            return true;
          },
        };
      }),
  };
}

/** Elements are called after the labels of the index, else by number. */
const attributesOf = (column: NumberColumn, size: number): readonly Attribute[] =>
  Array.from({ length: size }, (_, i) => ({ name: column.attribute?.values?.[i] ?? String(i) }));
