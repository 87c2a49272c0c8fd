/** Binarizer: 1 above a threshold, else 0. Numbers or whole vectors. */

import { invalid } from "@esteira/core/errors";
import { badRequest } from "../../../format/cells.ts";
import { asNumbers } from "../fields.ts";
import { columnPairs, hasParam, numberParam, type SavedStage } from "../saved-stage.ts";
import { always, type Stage } from "../stage.ts";

export function readBinarizer(saved: SavedStage): Stage {
  const { inputs, outputs } = columnPairs(saved);
  const given = hasParam(saved, "thresholds") ? asNumbers(saved.param("thresholds")) : undefined;
  const thresholds = given ?? inputs.map(() => numberParam(saved, "threshold"));
  return {
    output: outputs.at(-1),
    layOut: (layout) =>
      inputs.map((name, i) => {
        const from = layout.column(name);
        const threshold = thresholds[i]!;
        const output = outputs[i]!;
        if (from.kind === "text") throw invalid(`Column '${name}' holds text, where Binarizer takes numbers`);
        if (from.kind === "number") {
          const to = layout.number(output, "double", { name: output });
          return always([from], [to], ({ numbers, nulls }) => {
            // A null is above nothing.
            numbers[to.at] = Number(nulls[from.at] === 0 && numbers[from.at]! > threshold);
            nulls[to.at] = 0;
          });
        }
        if (threshold < 0) throw invalid("Binarizer of a vector must have a threshold of 0 or more");
        const to = layout.vector(output, from.size);
        return always([from], [to], ({ numbers, nulls }) => {
          if (nulls[from.at] === 1) throw badRequest(`Column '${name}' is null, which Binarizer refuses`);
          for (let k = 0; k < from.size; k++) numbers[to.at + k] = Number(numbers[from.at + k]! > threshold);
          nulls[to.at] = 0;
        });
      }),
  };
}
