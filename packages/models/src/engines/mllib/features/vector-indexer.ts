/** VectorIndexerModel: elements that had few values in training into the index of their value. */

import { badRequest } from "../../../format/cells.ts";
import { asCount, asNumber, get, isDictionary, wrong } from "../fields.ts";
import { choiceParam, onlyRow, outputParam, type SavedStage, textParam } from "../saved-stage.ts";
import type { Stage } from "../stage.ts";
import { checkSize } from "./elementwise.ts";

export async function readVectorIndexer(saved: SavedStage): Promise<Stage> {
  const input = textParam(saved, "inputCol");
  const output = outputParam(saved);
  const handling = choiceParam(saved, "handleInvalid", ["error", "skip", "keep"]);
  const row = await onlyRow(saved);
  const size = asCount(get(row, "numFeatures"));
  const stored = get(row, "categoryMaps");
  if (!isDictionary(stored.value)) throw wrong(stored, "a map");
  // A map of doubles to whole numbers comes as an object, its keys as text.
  const maps = Object.keys(stored.value).map((feature) => {
    const field = get(stored, feature);
    if (!isDictionary(field.value)) throw wrong(field, "a map");
    const entries = Object.keys(field.value).map((value): [number, number] => [
      Number(value),
      asNumber(get(field, value)),
    ]);
    return { feature: Number(feature), indices: new Map(entries) };
  });
  return {
    output,
    layOut(layout) {
      const from = layout.vectorColumn(input);
      checkSize("VectorIndexerModel", from, size);
      const attributes = Array.from({ length: size }, (_, i) => {
        const count = maps.find(({ feature }) => feature === i)?.indices.size;
        return { ...from.attributes?.[i], ...(count !== undefined && { categories: count }) };
      });
      const to = layout.vector(output, size, attributes);
      return [
        {
          reads: [from],
          writes: [to],
          filters: handling === "skip",
          run({ numbers, nulls }) {
            if (nulls[from.at] === 1) throw badRequest(`Column '${input}' is null, which VectorIndexerModel refuses`);
            numbers.copyWithin(to.at, from.at, from.at + size);
            for (const { feature, indices } of maps) {
              const value = numbers[from.at + feature]!;
              const index = indices.get(value);
              if (index !== undefined) numbers[to.at + feature] = index;
              else if (handling === "keep") numbers[to.at + feature] = indices.size;
              else if (handling === "skip") return false;
              else
                throw badRequest(
                  `Column '${input}' holds ${value} at ${feature}, a value that its VectorIndexer has not seen (handleInvalid=error)`,
                );
            }
            nulls[to.at] = 0;
            return true;
          },
        },
      ];
    },
  };
}
