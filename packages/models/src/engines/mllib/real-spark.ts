/** Golden rows through a real Spark, the one of a Python with pyspark, and how far our answers are from its own. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { text } from "node:stream/consumers";
import { EsteiraError, invalid } from "@esteira/core/errors";
import { pythonJson } from "@esteira/core/python-json";
import { parseJson } from "../../format/json.ts";
import { asList, asText, type Field, get, isAbsent } from "./fields.ts";
import { answerRows, type Cell, compareAnswers, type GoldenRows, type Parity } from "./golden.ts";
import { readPipeline } from "./pipeline.ts";
import { REAL_SPARK_SCRIPT } from "./real-spark-script.ts";

export interface SparkOptions {
  /** An interpreter that has pyspark, and finds a Java. */
  readonly python: string;
  readonly signal?: AbortSignal;
}

export interface SparkAnswers {
  /** The version of Spark that answered. */
  readonly spark: string;
  /** As `GoldenRows` has them; absent when Spark refused, with its reason. */
  readonly answers?: readonly (readonly Cell[] | null)[];
  readonly error?: string;
}

export interface SparkParity extends Parity {
  readonly spark: string;
  /** Why Spark, or we, refused the rows. When both did, no row differs. */
  readonly refusals: readonly string[];
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
  return readAnswers({ where: "Spark's answer", value: parseJson(line, "Spark's answer") });
}

function readAnswers(body: Field): SparkAnswers {
  const spark = asText(get(body, "spark"));
  const error = get(body, "error");
  if (!isAbsent(error)) return { spark, error: asText(error) };
  const answers = asList(get(body, "answers")).map((row) => (row.value === null ? null : asList(row).map(asCell)));
  return { spark, answers };
}

function asCell({ value, where }: Field): Cell {
  if (value === null || typeof value === "string" || typeof value === "number" || typeof value === "boolean")
    return value;
  if (Array.isArray(value) && value.every((item) => typeof item === "number")) return value;
  throw invalid(`${where} is no value of a row`);
}

/** Asks Spark and the pipeline in `folder` the same rows. */
export async function compareWithSpark(
  folder: string,
  question: Question,
  options: SparkOptions,
): Promise<SparkParity> {
  const pipeline = await readPipeline(folder);
  const theirs = await askSpark(folder, question, options);
  const refusals = theirs.error === undefined ? [] : [`Spark: ${theirs.error}`];
  let ours: readonly (readonly Cell[] | null)[] | undefined;
  try {
    ours = answerRows(pipeline, question);
  } catch (error) {
    if (!(error instanceof EsteiraError)) throw error;
    refusals.push(`Esteira: ${error.message}`);
  }
  // All rows are refused for one: both sides then agree on every row, or on none.
  const nothing = question.rows.map(() => null);
  const parity = compareAnswers(theirs.answers ?? nothing, ours ?? nothing, question.outputs);
  return { ...parity, spark: theirs.spark, refusals };
}
