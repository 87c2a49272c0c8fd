/** IndexToString: an index back into its label. */

import { invalid } from "@esteira/core/errors";
import { badRequest } from "../../../format/cells.ts";
import { asTexts } from "../fields.ts";
import { hasParam, outputParam, type SavedStage, textParam } from "../saved-stage.ts";
import { always, type Stage } from "../stage.ts";

export function readIndexToString(saved: SavedStage): Stage {
  const input = textParam(saved, "inputCol");
  const output = outputParam(saved);
  const given = hasParam(saved, "labels") ? asTexts(saved.param("labels")) : [];
  return {
    output,
    layOut(layout) {
      const from = layout.numberColumn(input);
      const labels = given.length > 0 ? given : from.attribute?.values;
      if (labels === undefined)
        throw invalid(`IndexToString has no labels, and column '${input}' is no index that knows its own`);
      const to = layout.text(output);
      return [
        always([from], [to], ({ numbers, nulls, texts }) => {
          const index = Math.trunc(numbers[from.at]!);
          if (nulls[from.at] === 1) {
            texts[to.at] = null;
            return;
          }
          const label = labels[index];
          if (label === undefined)
            throw badRequest(
              `Column '${input}' holds ${numbers[from.at]}, and IndexToString has ${labels.length} labels`,
            );
          texts[to.at] = label;
        }),
      ];
    },
  };
}
