/**
 * MLflow's `spark` flavor, a PipelineModel of MLlib, scored in TypeScript. It answers what MLflow's Python flavor does:
 * the column `prediction`, or what the last stage makes when that is a transformer and nothing is called `prediction`.
 */

import { invalid } from "@esteira/core/errors";
import { readCell } from "../engines/mllib/golden.ts";
import { type Pipeline, readPipeline } from "../engines/mllib/pipeline.ts";
import type { InputColumn, Plan } from "../engines/mllib/plan.ts";
import type { Column as Place, Row } from "../engines/mllib/row.ts";
import { badRequest } from "../format/cells.ts";
import type { ModelConfig } from "../format/mlmodel.ts";
import { resolveModelPath } from "../format/model-folder.ts";
import { isTensorSchema, type ModelSignature } from "../format/signature.ts";
import { type Column, type ColumnarTable, isNumeric } from "../format/table.ts";
import type { Flavor, LoadedModel, Prediction } from "./flavor.ts";

export const sparkFlavor: Flavor = {
  async load(folder, config) {
    const { model_data: data, model_class: className } = config.flavors.spark ?? {};
    if (typeof data !== "string")
      throw invalid("MLmodel is not valid: flavors.spark.model_data must name the folder of the model");
    if (typeof className === "string" && className.startsWith("pyspark.ml.connect."))
      throw invalid(`The model class '${className}' is made of PyTorch models, which cannot be scored without Python`);
    return createSparkModel(await readPipeline(await resolveModelPath(folder, data)), config);
  },
};

/** A model of a pipeline in memory. */
export function createSparkModel(pipeline: Pipeline, config: ModelConfig): LoadedModel {
  const plans = new Map<string, Plan>();
  const planFor = (columns: readonly InputColumn[]): Plan => {
    const key = JSON.stringify(columns);
    let plan = plans.get(key);
    if (plan === undefined) {
      plan = pipeline.plan(columns, (made) => [answerColumn(pipeline, made)]);
      // Tables without a signature come in any shape: what is kept of them is bounded.
      if (plans.size >= 16) plans.clear();
      plans.set(key, plan);
    }
    return plan;
  };
  return {
    config,
    signature: config.signature,
    predict(table) {
      if (table.rowCount === 0)
        throw badRequest("The input has no rows, and Spark infers the types of columns from them");
      const used = table.names.flatMap((name, i) => {
        const type = inputType(name, table.columns[i]!, config.signature);
        return type === undefined ? [] : [{ input: { name, type }, column: table.columns[i]! }];
      });
      const plan = planFor(used.map(({ input }) => input));
      return predictRows(
        plan,
        table,
        used.map(({ column }) => column),
      );
    },
  };
}

function predictRows(plan: Plan, table: ColumnarTable, columns: readonly Column[]): Prediction[] {
  const row = plan.createRow();
  const fills = plan.inputs.map((place, i) => createFill(row, place, columns[i]!));
  const output = plan.outputs[0]!;
  const predictions: Prediction[] = [];
  for (let at = 0; at < table.rowCount; at++) {
    for (const fill of fills) fill(at);
    // A row that a stage leaves out has no prediction: the answer is shorter than the input, as MLflow's is.
    if (plan.run(row)) predictions.push(readCell(row, output));
  }
  return predictions;
}

/** The column that a pipeline answers, of those that it makes. */
export function answerColumn(pipeline: Pipeline, made: readonly string[]): string {
  if (made.includes("prediction")) return "prediction";
  const output = pipeline.stages.at(-1)?.output;
  if (output === undefined)
    throw invalid("The Spark model makes no column 'prediction', and its last stage has no output column");
  return output;
}

/** Spark's type of a column of the table; undefined for one that no stage can read. */
function inputType(
  name: string,
  column: Column,
  signature: ModelSignature | undefined,
): InputColumn["type"] | undefined {
  const inputs = signature?.inputs;
  const spec =
    inputs === undefined || isTensorSchema(inputs) ? undefined : inputs.find((candidate) => candidate.name === name);
  switch (spec?.type) {
    case "double":
    case "float":
    case "integer":
    case "long":
    case "boolean":
    case "string":
      return spec.type === "string" ? textType(name, column) : spec.type;
    case "datetime":
    case "binary":
    case "object":
    case "map":
      return undefined;
    default:
      if (isNumeric(column)) return "double";
      return Array.isArray(column.find((cell) => cell !== null)) ? vectorType(name, column) : textType(name, column);
  }
}

function textType(name: string, column: Column): "string" {
  if (isNumeric(column)) return "string";
  if (column.every((cell) => cell === null))
    throw badRequest(`Column '${name}' is null in every row, so that Spark cannot tell its type`);
  const other = column.find((cell) => cell !== null && typeof cell !== "string");
  if (other !== undefined)
    throw badRequest(`Column '${name}' holds ${typeof other} values among strings: every cell must be text or null`);
  return "string";
}

const isVector = (cell: unknown): cell is readonly number[] =>
  Array.isArray(cell) && cell.every((element) => typeof element === "number");

function vectorType(name: string, column: readonly unknown[]): InputColumn["type"] {
  const vectors = column.filter((cell) => cell !== null);
  if (!vectors.every(isVector)) throw badRequest(`Column '${name}' must hold lists of numbers`);
  const vectorSize = vectors[0]?.length ?? 0;
  if (vectors.some((vector) => vector.length !== vectorSize))
    throw badRequest(`Column '${name}' must hold lists of one length`);
  return { vectorSize };
}

/** Puts a cell of the column into the row. */
function createFill({ numbers, nulls, texts }: Row, place: Place, column: Column): (row: number) => void {
  const { at } = place;
  if (place.kind === "text")
    return (row) => {
      const cell: unknown = column[row];
      texts[at] = typeof cell === "string" ? cell : null;
    };
  if (place.kind === "number" && isNumeric(column))
    return (row) => {
      // NaN stays NaN: MLflow hands pandas' missing numbers over as such, not as nulls.
      numbers[at] = column[row]!;
    };
  return (row) => {
    const cell: unknown = column[row];
    nulls[at] = isVector(cell) ? 0 : 1;
    if (isVector(cell)) numbers.set(cell, at);
  };
}
