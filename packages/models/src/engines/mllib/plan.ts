/** Stages laid out one after the other for the columns of a table: what is left is a list of steps over one row. */

import { type Column, createLayout, type NumberType, type Row } from "./row.ts";
import type { Stage, Step } from "./stage.ts";

/** A column of the table: its name, and what Spark would take it for. A vector needs its size. */
export interface InputColumn {
  readonly name: string;
  readonly type: NumberType | "string" | { readonly vectorSize: number };
}

export interface Plan {
  /** Where the table's columns go, in their order. */
  readonly inputs: readonly Column[];
  /** Where the answers are, in the order asked for. */
  readonly outputs: readonly Column[];
  createRow(): Row;
  /** Fills the outputs from the inputs. False when a stage leaves the row out. Throws BAD_REQUEST when one refuses it. */
  run(row: Row): boolean;
}

/** Names of the columns to answer, or a choice among all that there are at the end. */
export type Outputs = readonly string[] | ((made: readonly string[]) => readonly string[]);

export function createPlan(stages: readonly Stage[], columns: readonly InputColumn[], outputs: Outputs): Plan {
  const layout = createLayout();
  const inputs = columns.map(({ name, type }): Column => {
    if (type === "string") return layout.text(name);
    return typeof type === "object" ? layout.vector(name, type.vectorSize) : layout.number(name, type);
  });
  const all = stages.flatMap((stage) => stage.layOut(layout));
  const names = typeof outputs === "function" ? outputs(layout.columns().map(({ name }) => name)) : outputs;
  const found = names.map((name) => layout.column(name));
  const steps = neededSteps(all, found);
  return {
    inputs,
    outputs: found,
    createRow: layout.createRow,
    run(row) {
      for (let i = 0; i < steps.length; i++) if (!steps[i]!.run(row)) return false;
      return true;
    },
  };
}

const placeOf = (column: Column): string => `${column.kind === "text" ? "text" : "number"} ${column.at}`;

/** Steps that the outputs depend on, and those that leave rows out. */
function neededSteps(steps: readonly Step[], outputs: readonly Column[]): readonly Step[] {
  const wanted = new Set(outputs.map(placeOf));
  const kept: Step[] = [];
  for (const step of [...steps].reverse()) {
    if (step.filters !== true && !step.writes.some((column) => wanted.has(placeOf(column)))) continue;
    for (const column of step.reads) wanted.add(placeOf(column));
    kept.unshift(step);
  }
  return kept;
}
