/** Stages that turn a vector into another one of the same size. */

import { invalid } from "@esteira/core/errors";
import { badRequest } from "../../../format/cells.ts";
import type { VectorColumn } from "../row.ts";
import { outputParam, type SavedStage, simpleName, textParam } from "../saved-stage.ts";
import { always, type Stage } from "../stage.ts";

/** Writes `size` numbers from `from` on, changed, to `to` on. */
type Work = (numbers: Float64Array, from: number, to: number, size: number) => void;

/** `size` is what the stage was fitted on, undefined when it takes any. */
export function elementwise(saved: SavedStage, size: number | undefined, work: Work): Stage {
  const input = textParam(saved, "inputCol");
  const output = outputParam(saved);
  const name = simpleName(saved.className);
  return {
    output,
    layOut(layout) {
      const from = layout.vectorColumn(input);
      checkSize(name, from, size);
      const to = layout.vector(output, from.size);
      return [
        always([from], [to], ({ numbers, nulls }) => {
          if (nulls[from.at] === 1) throw badRequest(`Column '${input}' is null, which ${name} refuses`);
          work(numbers, from.at, to.at, from.size);
          nulls[to.at] = 0;
        }),
      ];
    },
  };
}

export function checkSize(name: string, column: VectorColumn, size: number | undefined): void {
  if (size !== undefined && column.size !== size)
    throw invalid(`${name} was fitted on vectors of ${size}, column '${column.name}' holds vectors of ${column.size}`);
}
