/** Stages that pick elements of a vector: VectorSlicer and the feature selectors; and VectorSizeHint, which counts them. */

import { invalid } from "@esteira/core/errors";
import { badRequest } from "../../../format/cells.ts";
import { asCount, asNumbers, asTexts, get } from "../fields.ts";
import type { VectorColumn } from "../row.ts";
import {
  choiceParam,
  columnParam,
  hasParam,
  onlyRow,
  outputParam,
  type SavedStage,
  textParam,
} from "../saved-stage.ts";
import { always, type Stage } from "../stage.ts";

/** `choose` gives the indices for the column, in the order of the output. */
function picking(input: string, output: string, choose: (column: VectorColumn) => readonly number[]): Stage {
  return {
    output,
    layOut(layout) {
      const from = layout.vectorColumn(input);
      const indices = choose(from);
      const beyond = indices.find((index) => index >= from.size);
      if (beyond !== undefined)
        throw invalid(`A stage picks element ${beyond} of column '${input}', which has ${from.size}`);
      const attributes = from.attributes && indices.map((index) => from.attributes?.[index] ?? {});
      const to = layout.vector(output, indices.length, attributes);
      return [
        always([from], [to], ({ numbers, nulls }) => {
          if (nulls[from.at] === 1)
            throw badRequest(`Column '${input}' is null, and elements are to be picked from it`);
          for (let i = 0; i < indices.length; i++) numbers[to.at + i] = numbers[from.at + indices[i]!]!;
          nulls[to.at] = 0;
        }),
      ];
    },
  };
}

export function readVectorSlicer(saved: SavedStage): Stage {
  const input = textParam(saved, "inputCol");
  const indices = hasParam(saved, "indices") ? [...asNumbers(saved.param("indices"))] : [];
  const names = hasParam(saved, "names") ? asTexts(saved.param("names")) : [];
  return picking(input, outputParam(saved), (column) => {
    const byName = names.map((name) => {
      const index = column.attributes?.findIndex((attribute) => attribute.name === name) ?? -1;
      if (index < 0) throw invalid(`VectorSlicer picks '${name}', and no element of column '${input}' has that name`);
      return index;
    });
    return [...indices, ...byName];
  });
}

/** ChiSqSelectorModel, UnivariateFeatureSelectorModel and VarianceThresholdSelectorModel. */
export async function readSelector(saved: SavedStage): Promise<Stage> {
  const indices = [...asNumbers(get(await onlyRow(saved), "selectedFeatures"))].sort((a, b) => a - b);
  return picking(columnParam(saved, "featuresCol") ?? "features", outputParam(saved), () => indices);
}

export function readVectorSizeHint(saved: SavedStage): Stage {
  const input = textParam(saved, "inputCol");
  const size = asCount(saved.param("size"));
  const handling = choiceParam(saved, "handleInvalid", ["error", "skip", "optimistic"]);
  return {
    output: undefined,
    layOut(layout) {
      const column = layout.vectorColumn(input);
      if (handling === "optimistic") return [];
      const fits = column.size === size;
      return [
        {
          reads: [column],
          writes: [column],
          filters: handling === "skip",
          run({ nulls }) {
            if (fits && nulls[column.at] === 0) return true;
            if (handling === "skip") return false;
            throw badRequest(
              `Column '${input}' is ${nulls[column.at] === 1 ? "null" : `a vector of ${column.size}`}, and VectorSizeHint expects one of ${size}`,
            );
          },
        },
      ];
    },
  };
}
