/** VectorAssembler: numbers and vectors, one behind the other, into one vector. */

import { invalid } from "@esteira/core/errors";
import { badRequest } from "../../../format/cells.ts";
import { asTexts } from "../fields.ts";
import type { Attribute, Column } from "../row.ts";
import { choiceParam, outputParam, type SavedStage } from "../saved-stage.ts";
import type { Stage, Step } from "../stage.ts";

export function readVectorAssembler(saved: SavedStage): Stage {
  const inputs = asTexts(saved.param("inputCols"));
  const name = outputParam(saved);
  const handling = choiceParam(saved, "handleInvalid", ["error", "skip", "keep"]);
  return {
    output: name,
    layOut(layout): readonly Step[] {
      const columns = inputs.map((input) => layout.column(input));
      const sizes = columns.map(sizeOf);
      const size = sizes.reduce((sum, one) => sum + one, 0);
      const output = layout.vector(name, size, columns.flatMap(attributesOf));
      let place = output.at;
      const parts = columns.map((column, i) => {
        const to = place;
        place += sizes[i]!;
        return { from: column.at, to, size: sizes[i]!, isNumber: column.kind === "number", name: column.name };
      });
      return [
        {
          reads: columns,
          writes: [output],
          filters: handling === "skip",
          run(row) {
            const { numbers, nulls } = row;
            for (const { from, to, size: count, isNumber, name: source } of parts) {
              const isNull = nulls[from] === 1;
              const isInvalid = isNull || (isNumber && Number.isNaN(numbers[from]!));
              if (isInvalid && handling !== "keep") {
                if (handling === "skip") return false;
                throw badRequest(
                  `Column '${source}' is ${isNull ? "null" : "NaN"}, which its VectorAssembler refuses (handleInvalid=error)`,
                );
              }
              if (isNull) numbers.fill(Number.NaN, to, to + count);
              // Adding 0 makes 0 of -0, which a vector does not hold.
              else for (let i = 0; i < count; i++) numbers[to + i] = numbers[from + i]! + 0;
            }
            nulls[output.at] = 0;
            return true;
          },
        },
      ];
    },
  };
}

function sizeOf(column: Column): number {
  if (column.kind === "text")
    throw invalid(`Column '${column.name}' holds text, where VectorAssembler takes numbers and vectors`);
  return column.kind === "number" ? 1 : column.size;
}

/** Elements of a vector are called after the vector and themselves. */
function attributesOf(column: Column): readonly Attribute[] {
  if (column.kind === "number") return [{ ...column.attribute, name: column.name }];
  if (column.kind === "text") return [];
  return Array.from({ length: column.size }, (_, i) => {
    const attribute = column.attributes?.[i];
    return { ...attribute, name: `${column.name}_${attribute?.name ?? i}` };
  });
}
