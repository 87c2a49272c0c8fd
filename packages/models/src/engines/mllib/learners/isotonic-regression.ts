/** IsotonicRegressionModel: a line through points, level beyond the first and the last. */

import { invalid } from "@esteira/core/errors";
import { badRequest } from "../../../format/cells.ts";
import { asCount, asNumbers, type Field, get, isDictionary } from "../fields.ts";
import { readVector } from "../linalg.ts";
import { columnParam, onlyRow, type SavedStage, textParam } from "../saved-stage.ts";
import { always, type Stage } from "../stage.ts";

const readPoints = (field: Field): Float64Array =>
  isDictionary(field.value) ? readVector(field).values : asNumbers(field);

export async function readIsotonicRegression(saved: SavedStage): Promise<Stage> {
  const row = await onlyRow(saved);
  const boundaries = readPoints(get(row, "boundaries"));
  const predictions = readPoints(get(row, "predictions"));
  if (boundaries.length === 0 || boundaries.length !== predictions.length)
    throw invalid("The Spark model is not valid: IsotonicRegressionModel's boundaries and predictions do not fit");
  const features = columnParam(saved, "featuresCol") ?? "features";
  const index = asCount(saved.param("featureIndex"));
  const name = textParam(saved, "predictionCol");
  return {
    output: undefined,
    layOut(layout) {
      const column = layout.column(features);
      if (column.kind === "text" || (column.kind === "vector" && index >= column.size))
        throw invalid(`IsotonicRegressionModel takes a number, or element ${index} of a vector, from '${features}'`);
      const from = column.kind === "vector" ? column.at + index : column.at;
      const to = layout.number(name);
      return [
        always([column], [to], ({ numbers, nulls }) => {
          if (nulls[column.at] === 1)
            throw badRequest(`Column '${features}' is null, which IsotonicRegressionModel refuses`);
          numbers[to.at] = interpolate(boundaries, predictions, numbers[from]!);
          nulls[to.at] = 0;
        }),
      ];
    },
  };
}

function interpolate(boundaries: Float64Array, predictions: Float64Array, value: number): number {
  // The first boundary that is not below the value; NaN counts as above all.
  let low = 0;
  let high = boundaries.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (boundaries[middle]! < value || Number.isNaN(value)) low = middle + 1;
    else high = middle;
  }
  if (low === boundaries.length) return predictions[low - 1]!;
  if (low === 0 || boundaries[low] === value) return predictions[low]!;
  const [x1, y1] = [boundaries[low - 1]!, predictions[low - 1]!];
  return y1 + ((predictions[low]! - y1) * (value - x1)) / (boundaries[low]! - x1);
}
