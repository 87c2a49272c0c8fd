/** Golden rows through Spark's own `PipelineModel.transform` and through our pipeline: the answer, and the scores behind it. */

import { invalid } from "@esteira/core/errors";
import type { Cell } from "../engines/mllib/golden.ts";
import { readPipeline } from "../engines/mllib/pipeline.ts";
import type { InputColumn } from "../engines/mllib/plan.ts";
import { compareWithSpark, type Question } from "../engines/mllib/real-spark.ts";
import { answerColumn } from "../flavors/spark.ts";
import { resolveModelPath } from "../format/model-folder.ts";
import { type GoldenKind, goldenRows, type NamedColumn, namedColumns, rowsOf } from "./golden-rows.ts";
import { countKinds } from "./parity.ts";
import { type ParityQuestion, type ParityReport, reportParity } from "./parity-report.ts";

/** What stands behind the answer of a classifier: compared too where the pipeline makes it. */
const BEHIND = ["rawPrediction", "probability"];

/** Throws INVALID_PARAMETER_VALUE for a model that is no Spark pipeline, or when no rows can be made, and as `askSpark` does. */
export async function compareModelWithSpark(question: ParityQuestion): Promise<ParityReport> {
  const { model, folder, example, python } = question;
  const data = model.config.flavors.spark?.model_data;
  if (typeof data !== "string")
    throw invalid("The model has no flavor spark: Spark did not make it; compare it --against python");
  const columns = namedColumns(model.signature?.inputs);
  const asked = sparkRows(rowsOf(example, columns), columns);
  const path = await resolveModelPath(folder, data);
  const pipeline = await readPipeline(path);
  let outputs: readonly string[] = [];
  pipeline.plan(asked.inputs, (made) => {
    outputs = [answerColumn(pipeline, made), ...BEHIND.filter((name) => made.includes(name))];
    return outputs;
  });
  const found = await compareWithSpark(path, { inputs: asked.inputs, rows: asked.rows, outputs }, { python });
  const { spark, rows, differing, mismatched, refused, maxUlp, maxAbsolute, maxRelative, firstRow } = found;
  return reportParity(
    "spark",
    question,
    { spark, saved_by: pipeline.sparkVersion },
    {
      ...{ rows, kinds: countKinds(asked.kinds), differing, incomparable: mismatched, refused },
      ...{ maxUlp, maxDifference: maxAbsolute, maxRelative },
      ...(firstRow !== undefined && {
        example: { row: asked.rows[firstRow.row]!, ours: firstRow.ours, theirs: firstRow.theirs },
      }),
    },
  );
}

interface SparkRows extends Omit<Question, "outputs"> {
  readonly kinds: readonly GoldenKind[];
}

const SCALARS = ["double", "float", "integer", "long", "boolean", "string"] as const;
type Scalar = (typeof SCALARS)[number];

/** Columns that a stage can read, and golden rows of them. A missing number is tried as null and as NaN: pandas makes one, SQL the other. */
function sparkRows(given: readonly (readonly unknown[])[], columns: readonly NamedColumn[]): SparkRows {
  const types = columns.map((column, at) => typeOf(column, given, at));
  const golden = goldenRows(given, columns);
  const rows: (readonly unknown[])[] = [];
  const kinds: GoldenKind[] = [];
  golden.rows.forEach((row, i) => {
    const kind = golden.kinds[i]!;
    rows.push(row);
    kinds.push(kind);
    if (kind !== "missing") return;
    const at = row.findIndex(
      (cell, column) => cell === null && (types[column] === "double" || types[column] === "float"),
    );
    if (at < 0) return;
    rows.push(row.with(at, Number.NaN));
    kinds.push(kind);
  });
  const readable = types.flatMap((type, at) => (type === undefined ? [] : [{ type, at }]));
  return {
    inputs: readable.map(({ type, at }) => ({ name: columns[at]!.name, type })),
    rows: rows.map((row) => readable.map(({ type, at }) => toCell(row[at], type))),
    kinds,
  };
}

/** Spark's type of a column; undefined for one that no stage reads. */
function typeOf(
  { name, type }: NamedColumn,
  given: readonly (readonly unknown[])[],
  at: number,
): InputColumn["type"] | undefined {
  const scalar = SCALARS.find((known): known is Scalar => known === type);
  if (scalar !== undefined) return scalar;
  if (type !== "array" && type !== "sparkml_vector") return undefined;
  const vectors = given.map((row) => row[at]).filter((cell) => cell !== null);
  const size = Array.isArray(vectors[0]) ? vectors[0].length : 0;
  if (!vectors.every((vector) => isNumbers(vector) && vector.length === size) || size === 0)
    throw invalid(`The example's column '${name}' must hold lists of numbers of one length`);
  return { vectorSize: size };
}

const isNumbers = (cell: unknown): cell is readonly number[] =>
  Array.isArray(cell) && cell.every((item) => typeof item === "number");

function toCell(value: unknown, type: InputColumn["type"]): Cell {
  if (value === null || value === undefined) return null;
  if (typeof value === "number") return type === "float" ? Math.fround(value) : value;
  if (typeof value === "boolean" || typeof value === "string" || isNumbers(value)) return value;
  throw invalid(`The example holds ${JSON.stringify(value)}, which Spark has no column for`);
}
