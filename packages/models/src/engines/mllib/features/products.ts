/** ElementwiseProduct and PCAModel. */

import { badRequest } from "../../../format/cells.ts";
import { get } from "../fields.ts";
import { createDot, readMatrixRows, readVector } from "../linalg.ts";
import { onlyRow, outputParam, type SavedStage, textParam } from "../saved-stage.ts";
import { always, type Stage } from "../stage.ts";
import { checkSize, elementwise } from "./elementwise.ts";

export function readElementwiseProduct(saved: SavedStage): Stage {
  const scale = readVector(saved.param("scalingVec")).values;
  return elementwise(saved, scale.length, (numbers, from, to, size) => {
    for (let i = 0; i < size; i++) numbers[to + i] = numbers[from + i]! * scale[i]!;
  });
}

export async function readPca(saved: SavedStage): Promise<Stage> {
  const input = textParam(saved, "inputCol");
  const output = outputParam(saved);
  const row = await onlyRow(saved);
  const rows = readMatrixRows(get(row, "pc"));
  const count = rows[0]?.values.length ?? 0;
  const components = Array.from({ length: count }, (_, k) =>
    createDot({ values: Float64Array.from(rows, ({ values }) => values[k]!), isSparse: false }),
  );
  return {
    output,
    layOut(layout) {
      const from = layout.vectorColumn(input);
      checkSize("PCAModel", from, rows.length);
      const to = layout.vector(output, count);
      return [
        always([from], [to], ({ numbers, nulls }) => {
          if (nulls[from.at] === 1) throw badRequest(`Column '${input}' is null, which PCAModel refuses`);
          for (let k = 0; k < count; k++) numbers[to.at + k] = components[k]!(numbers, from.at);
          nulls[to.at] = 0;
        }),
      ];
    },
  };
}
