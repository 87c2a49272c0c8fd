/** RFormulaModel, a pipeline of its own behind a formula, and the two stages that only such a pipeline has. */

import { join } from "node:path";
import { asText, asTexts, get } from "../fields.ts";
import { onlyRow, type SavedStage, textParam } from "../saved-stage.ts";
import { always, type ReadNested, type Stage } from "../stage.ts";

export async function readRFormula(saved: SavedStage, readNested: ReadNested): Promise<Stage> {
  const stages = await readNested(join(saved.folder, "pipelineModel"));
  const label = asText(get(await onlyRow(saved), "label"));
  const labelCol = textParam(saved, "labelCol");
  return {
    output: undefined,
    layOut(layout) {
      const steps = stages.flatMap((stage) => stage.layOut(layout));
      // The label is there in training; in scoring it may be, and is then a number.
      if (!layout.has(label) || layout.has(labelCol)) return steps;
      const from = layout.column(label);
      if (from.kind !== "number") return steps;
      const to = layout.number(labelCol);
      const copy = always([from], [to], ({ numbers, nulls }) => {
        numbers[to.at] = numbers[from.at]!;
        nulls[to.at] = nulls[from.at]!;
      });
      return [...steps, copy];
    },
  };
}

export async function readColumnPruner(saved: SavedStage): Promise<Stage> {
  const names = asTexts(get(await onlyRow(saved), "columnsToPrune"));
  return {
    output: undefined,
    layOut(layout) {
      for (const name of names) layout.remove(name);
      return [];
    },
  };
}

export async function readVectorAttributeRewriter(saved: SavedStage): Promise<Stage> {
  const row = await onlyRow(saved);
  const vector = asText(get(row, "vectorCol"));
  const field = get(row, "prefixesToRewrite");
  const prefixes = Object.keys(Object(field.value)).map((from) => ({ from, to: asText(get(field, from)) }));
  return {
    output: undefined,
    layOut(layout) {
      const column = layout.vectorColumn(vector);
      const attributes = column.attributes?.map((attribute) => {
        const name = prefixes.reduce((text, { from, to }) => text?.replace(from, () => to), attribute.name);
        return name === undefined ? attribute : { ...attribute, name };
      });
      layout.put({ ...column, ...(attributes && { attributes }) });
      return [];
    },
  };
}
