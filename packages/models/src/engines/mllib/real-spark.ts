/** Golden rows through a real Spark, the one of a Python with pyspark, and how far our answers are from its own. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { text } from "node:stream/consumers";
import { EsteiraError, invalid } from "@esteira/core/errors";
import { pythonJson } from "@esteira/core/python-json";
import { parseJson } from "../../format/json.ts";
import { asList, asText, type Field, get, isAbsent } from "./fields.ts";
import { type Cell, compareAnswers, fillCell, type GoldenRows, type Parity, readCell } from "./golden.ts";
import { type Pipeline, readPipeline } from "./pipeline.ts";
import type { Plan } from "./plan.ts";
import { REAL_SPARK_SCRIPT } from "./real-spark-script.ts";

export interface SparkOptions {
  /** An interpreter that has pyspark, and finds a Java. */
  readonly python: string;
  readonly signal?: AbortSignal;
}

export interface SparkAnswers {
  /** The version of Spark that answered. */
  readonly spark: string;
  /** One a row: values in the order of `outputs`, null for a row that was left out, or why it was refused. */
  readonly answers: readonly RowAnswer[];
}

export type RowAnswer = readonly Cell[] | null | { readonly refused: string };

export interface SparkParity extends Omit<Parity, "firstRow"> {
  readonly spark: string;
  /** Rows that both refused: none of them differs. A row that one refused is mismatched. */
  readonly refused: number;
  /** Why Spark, or we, refused rows: each reason once. */
  readonly refusals: readonly string[];
  /** The row that `first` is about, and what both said. */
  readonly firstRow?: { readonly row: number; readonly ours: RowAnswer; readonly theirs: RowAnswer };
}

/** What to ask: golden rows without their answers. */
export type Question = Pick<GoldenRows, "inputs" | "rows" | "outputs">;

/** Starts a Spark, which takes some seconds, and asks it. Throws INVALID_PARAMETER_VALUE when there is none. */
export async function askSpark(folder: string, question: Question, options: SparkOptions): Promise<SparkAnswers> {
  const child = spawn(options.python, ["-c", REAL_SPARK_SCRIPT], {
    stdio: ["pipe", "pipe", "pipe"],
    ...(options.signal && { signal: options.signal }),
  });
  const failure = once(child, "error").then(([error]: unknown[]) => {
    throw invalid(`Spark cannot be asked: '${options.python}' does not start (${String(error)})`);
  });
  // What the process writes tells why it ended; a pipe that it closed early does not matter then.
  child.stdin.on("error", () => undefined);
  child.stdin.end(pythonJson({ ...question, model: resolve(folder) }));
  const ended = Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  const [output, errors, [code]] = await Promise.race([ended, failure]);
  const line = output.trim().split("\n").at(-1) ?? "";
  if (code !== 0 || !line.startsWith("{")) {
    const reason = errors.trim().split("\n").at(-1) ?? "";
    throw new EsteiraError(
      "INVALID_STATE",
      `Spark did not answer: '${options.python}' ended with ${String(code)} (${reason.slice(0, 300)})`,
    );
  }
  return readAnswers({ where: "Spark's answer", value: parseJson(line, "Spark's answer") }, question.rows.length);
}

function readAnswers(body: Field, count: number): SparkAnswers {
  const spark = asText(get(body, "spark"));
  const error = get(body, "error");
  if (!isAbsent(error)) {
    const all = { refused: asText(error) };
    return { spark, answers: Array.from({ length: count }, () => all) };
  }
  const reasons = get(body, "refused");
  const answers = asList(get(body, "answers")).map((row, i): RowAnswer => {
    const reason = get(reasons, String(i));
    if (!isAbsent(reason)) return { refused: asText(reason) };
    return row.value === null ? null : asList(row).map(asCell);
  });
  return { spark, answers };
}

function asCell({ value, where }: Field): Cell {
  if (value === null || typeof value === "string" || typeof value === "number" || typeof value === "boolean")
    return value;
  if (Array.isArray(value) && value.every((item) => typeof item === "number")) return value;
  throw invalid(`${where} is no value of a row`);
}

/** As a row of answers: two refusals are alike, whatever their words, and no answer is like one. */
const REFUSED: readonly Cell[] = ["(the row is refused)"];

const isRefusal = (answer: RowAnswer | undefined): answer is { readonly refused: string } =>
  answer !== null && answer !== undefined && "refused" in answer;

/** Asks Spark and the pipeline in `folder` the same rows. */
export async function compareWithSpark(
  folder: string,
  question: Question,
  options: SparkOptions,
): Promise<SparkParity> {
  const pipeline = await readPipeline(folder);
  const { spark, answers: theirs } = await askSpark(folder, question, options);
  const ours = askPipeline(pipeline, question);
  const comparable = (answers: readonly RowAnswer[]) => answers.map((answer) => (isRefusal(answer) ? REFUSED : answer));
  const { firstRow, ...parity } = compareAnswers(comparable(theirs), comparable(ours), question.outputs);
  const reasons = (who: string, answers: readonly RowAnswer[]) =>
    new Set(answers.filter(isRefusal).map(({ refused }) => `${who}: ${refused}`));
  return {
    ...parity,
    spark,
    refused: theirs.filter((answer, row) => isRefusal(answer) && isRefusal(ours[row])).length,
    refusals: [...reasons("Spark", theirs), ...reasons("Esteira", ours)],
    ...(firstRow !== undefined && {
      firstRow: { row: firstRow, ours: ours[firstRow] ?? null, theirs: theirs[firstRow] ?? null },
    }),
  };
}

/** Our own answers. Columns that do not fit refuse every row. */
function askPipeline(pipeline: Pipeline, { inputs, rows, outputs }: Question): readonly RowAnswer[] {
  let plan: Plan;
  try {
    plan = pipeline.plan(inputs, outputs);
  } catch (error) {
    const all = { refused: messageOf(error) };
    return rows.map(() => all);
  }
  const row = plan.createRow();
  return rows.map((cells): RowAnswer => {
    try {
      plan.inputs.forEach((column, i) => {
        fillCell(row, column, cells[i] ?? null);
      });
      return plan.run(row) ? plan.outputs.map((column) => readCell(row, column)) : null;
    } catch (error) {
      return { refused: messageOf(error) };
    }
  });
}

function messageOf(error: unknown): string {
  if (error instanceof EsteiraError) return error.message;
  throw error;
}
