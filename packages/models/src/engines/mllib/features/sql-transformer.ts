/** SQLTransformer: columns selected and computed by SQL, and rows left out by WHERE. */

import { invalid } from "@esteira/core/errors";
import type { Column, Layout } from "../row.ts";
import { type SavedStage, textParam } from "../saved-stage.ts";
import { compile, type Dialect, findColumn } from "../sql/compile.ts";
import { type Expression, parseStatement, type Selection } from "../sql/parse.ts";
import type { Stage, Step } from "../stage.ts";

export function readSqlTransformer(saved: SavedStage): Stage {
  const { selections, where } = parseStatement(textParam(saved, "statement"));
  const dialect = { isAnsi: Number.parseInt(saved.sparkVersion, 10) >= 4 };
  return {
    output: undefined,
    layOut(layout) {
      const before = layout.columns();
      const steps: Step[] = where === undefined ? [] : [filterStep(layout, where, dialect)];
      const made = selections.map((selection) => select(layout, before, selection, dialect));
      // What is not selected is gone, and a name may now stand for another column.
      for (const { name } of layout.columns()) layout.remove(name);
      for (const { columns } of made) for (const column of columns) layout.put(column);
      return [...steps, ...made.flatMap(({ step }) => step ?? [])];
    },
  };
}

interface Selected {
  readonly columns: readonly Column[];
  readonly step?: Step;
}

function select(layout: Layout, before: readonly Column[], selection: Selection, dialect: Dialect): Selected {
  const { expression, name } = selection;
  if (expression === undefined) return { columns: before };
  // A column as it is keeps its place, and all that is known of it.
  if (expression.kind === "column") return { columns: [{ ...findColumn(layout, expression.name), name }] };
  const used = new Set<Column>();
  const { type, run } = compile(expression, { layout, dialect, used });
  // Made under a name of its own, since expressions to come read the columns from before.
  const scratch = `${name}#${layout.columns().length}`;
  const isText = type === "string";
  const column: Column = isText
    ? layout.text(scratch)
    : layout.number(scratch, type === "decimal" || type === "null" ? "double" : type);
  layout.remove(scratch);
  const { at } = column;
  return {
    columns: [{ ...column, name }],
    step: {
      reads: [...used],
      writes: [column],
      run(row) {
        const value = run(row);
        if (isText) row.texts[at] = value === null ? null : String(value);
        else {
          row.nulls[at] = value === null ? 1 : 0;
          row.numbers[at] = Number(value);
        }
        return true;
      },
    },
  };
}

function filterStep(layout: Layout, where: Expression, dialect: Dialect): Step {
  const used = new Set<Column>();
  const { type, run } = compile(where, { layout, dialect, used });
  if (type !== "boolean" && type !== "null") throw invalid(`WHERE takes true or false, not ${type}`);
  return { reads: [...used], writes: [], filters: true, run: (row) => run(row) === 1 };
}
