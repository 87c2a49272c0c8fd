/** ImputerModel: what stands in for a null and for the value that counts as missing. */

import { asNumber, get } from "../fields.ts";
import { columnPairs, numberParam, onlyRow, type SavedStage } from "../saved-stage.ts";
import { always, type Stage } from "../stage.ts";

export async function readImputer(saved: SavedStage): Promise<Stage> {
  const { inputs, outputs } = columnPairs(saved);
  const missing = numberParam(saved, "missingValue");
  const row = await onlyRow(saved);
  const surrogates = inputs.map((name) => asNumber(get(row, name)));
  return {
    output: outputs.at(-1),
    layOut: (layout) =>
      inputs.map((name, i) => {
        const column = layout.numberColumn(name);
        const from = column.at;
        // The value keeps the type of its column: a mean put into a column of whole numbers is cut.
        const isWhole = column.type === "integer" || column.type === "long";
        const surrogate = isWhole
          ? Math.trunc(surrogates[i]!)
          : column.type === "float"
            ? Math.fround(surrogates[i]!)
            : surrogates[i]!;
        const output = layout.number(outputs[i]!, column.type);
        const to = output.at;
        const isMissing = Number.isNaN(missing)
          ? (value: number) => Number.isNaN(value)
          : (value: number) => value === missing;
        return always([column], [output], ({ numbers, nulls }) => {
          const value = numbers[from]!;
          numbers[to] = nulls[from] === 1 || isMissing(value) ? surrogate : value;
          nulls[to] = 0;
        });
      }),
  };
}
