/** StringIndexerModel: a text, or a number as text, into the index of its label. */

import { invalid } from "@esteira/core/errors";
import { badRequest } from "../../../format/cells.ts";
import { asList, asTexts, get } from "../fields.ts";
import { numberText } from "../java-text.ts";
import type { Column, Row } from "../row.ts";
import { choiceParam, columnPairs, onlyRow, type SavedStage } from "../saved-stage.ts";
import type { Stage, Step } from "../stage.ts";

export async function readStringIndexer(saved: SavedStage): Promise<Stage> {
  const { inputs, outputs } = columnPairs(saved);
  const row = await onlyRow(saved);
  // Spark 2 kept the labels of its one column as `labels`.
  const single = get(row, "labels");
  const labels = single.value === undefined ? asList(get(row, "labelsArray")).map(asTexts) : [asTexts(single)];
  if (labels.length !== inputs.length)
    throw invalid(`StringIndexerModel has labels for ${labels.length} columns, and ${inputs.length} inputCols`);
  const handling = choiceParam(saved, "handleInvalid", ["error", "skip", "keep"]);
  return {
    output: outputs.at(-1),
    layOut(layout) {
      const found = inputs.map((name) => (layout.has(name) ? layout.column(name) : undefined));
      return found.flatMap((column, i) => {
        // A column that is not there is passed over: labels of training are not there when scoring.
        if (column === undefined) return [];
        const values = labels[i]!;
        const shown = handling === "keep" ? [...values, "__unknown"] : values;
        const output = layout.number(outputs[i]!, "double", {
          name: outputs[i]!,
          categories: shown.length,
          values: shown,
        });
        return [indexStep(column, output, output.at, values, handling)];
      });
    },
  };
}

function indexStep(
  column: Column,
  output: Column,
  to: number,
  labels: readonly string[],
  handling: "error" | "skip" | "keep",
): Step {
  const text = textOf(column);
  const indices = new Map(labels.map((label, index) => [label, index]));
  return {
    reads: [column],
    writes: [output],
    filters: handling === "skip",
    run(row) {
      const label = text(row);
      const index = label === null ? undefined : indices.get(label);
      if (index !== undefined) row.numbers[to] = index;
      else if (handling === "keep") row.numbers[to] = labels.length;
      else if (handling === "skip") return false;
      else
        throw badRequest(
          label === null
            ? `Column '${column.name}' is null, and its StringIndexer refuses that (handleInvalid=error)`
            : `Column '${column.name}' holds '${label.slice(0, 60)}', a label that its StringIndexer has not seen (handleInvalid=error)`,
        );
      row.nulls[to] = 0;
      return true;
    },
  };
}

/** What a column of any type is as text; null where it is null. */
export function textOf(column: Column): (row: Row) => string | null {
  const { at } = column;
  if (column.kind === "text") return (row) => row.texts[at]!;
  if (column.kind === "vector")
    throw invalid(`Column '${column.name}' holds a vector, where text or a number is expected`);
  const { type } = column;
  return (row) => (row.nulls[at] === 1 ? null : numberText(row.numbers[at]!, type));
}
