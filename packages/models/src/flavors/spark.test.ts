import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type GoldenCase, unpackFixture } from "../engines/mllib/fixtures/fixture.ts";
import { formatMlmodel } from "../format/mlmodel.ts";
import type { ColumnSpec, DataType } from "../format/signature.ts";
import { readInvocation } from "../serving/invocation.ts";
import type { LoadedModel } from "./flavor.ts";
import { loadModel } from "./load-model.ts";
import { writePredictions } from "./predictions.ts";

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "esteira-spark-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** A fixture inside of a model folder as MLflow lays it out. */
async function modelOf(name: string, hasSignature = true): Promise<{ model: LoadedModel; golden: GoldenCase }> {
  const folder = await mkdtemp(join(root, `${name}-`));
  const golden = unpackFixture(name, folder);
  await rename(join(folder, "model"), join(folder, "sparkml"));
  const inputs = golden.inputs.map(
    (input): ColumnSpec => ({ kind: "column", name: input.name, type: input.type as DataType, required: false }),
  );
  await writeFile(
    join(folder, "MLmodel"),
    formatMlmodel({
      flavors: { spark: { model_data: "sparkml", model_class: "pyspark.ml.pipeline.PipelineModel" } },
      ...(hasSignature && { signature: { inputs } }),
    }),
  );
  return { model: await loadModel(folder), golden };
}

/** The answer to a body, as a server writes it. */
function answerTo(model: LoadedModel, body: string): string {
  const { table, params } = readInvocation(model, "json", Buffer.from(body));
  return writePredictions(model.predict(table, params));
}

/** Where the row holds its kind, a text. */
const kindOf = (golden: GoldenCase): number => golden.inputs.findIndex(({ name }) => name === "kind");

const bodyOf = (golden: GoldenCase, rows: GoldenCase["rows"]): string =>
  JSON.stringify({ dataframe_split: { columns: golden.inputs.map(({ name }) => name), data: rows } });

const plain = (golden: GoldenCase): GoldenCase["rows"] => golden.rows.slice(0, 40);

describe("the spark flavor", () => {
  it("answers the prediction of a classifier", async () => {
    const { model, golden } = await modelOf("forest");
    const answer = JSON.parse(answerTo(model, bodyOf(golden, plain(golden)))) as unknown;
    expect(answer).toEqual({ predictions: golden.answers?.slice(0, 40).map((row) => row?.[0]) });
    expect(model.rowScorer).toBeUndefined();
  });

  it("answers what the last transformer makes when nothing is called prediction", async () => {
    const { model, golden } = await modelOf("index-back");
    const answer = JSON.parse(answerTo(model, bodyOf(golden, plain(golden)))) as unknown;
    expect(answer).toEqual({ predictions: golden.answers?.slice(0, 40).map((row) => row?.[0]) });
    const vectors = await modelOf("components");
    const { predictions } = JSON.parse(answerTo(vectors.model, bodyOf(vectors.golden, plain(vectors.golden)))) as {
      predictions: number[][];
    };
    expect(predictions[0]).toHaveLength(2);
  });

  it("answers fewer rows than it was asked when a stage leaves some out", async () => {
    const { model, golden } = await modelOf("index-skip");
    const [first] = golden.rows;
    const rows = [first!, first!.with(kindOf(golden), "never seen")];
    const { predictions } = JSON.parse(answerTo(model, bodyOf(golden, rows))) as {
      predictions: unknown[];
    };
    expect(predictions).toHaveLength(1);
  });

  it("takes a null among strings, and refuses nothing but nulls and no rows", async () => {
    const { model, golden } = await modelOf("forest");
    const [first] = golden.rows;
    const withNull = first!.with(kindOf(golden), null);
    expect(() => answerTo(model, bodyOf(golden, [first!, withNull]))).not.toThrow();
    expect(() => answerTo(model, bodyOf(golden, [withNull]))).toThrow("'kind' is null in every row");
    expect(() => answerTo(model, bodyOf(golden, []))).toThrow("no rows");
    expect(() => answerTo(model, bodyOf(golden, [first!.with(kindOf(golden), 7), first!]))).toThrow("among strings");
  });

  it("works out the types of columns without a signature", async () => {
    const { model, golden } = await modelOf("forest", false);
    const { model: typed } = await modelOf("forest");
    const body = bodyOf(golden, plain(golden));
    expect(answerTo(model, body)).toBe(answerTo(typed, body));
  });

  it("refuses folders that are not what MLmodel says", async () => {
    const folder = join(root, "none");
    await mkdir(folder);
    const write = (line: string) => writeFile(join(folder, "MLmodel"), `flavors:\n  spark: ${line}\n`);
    await write("{code: null}");
    await expect(loadModel(folder)).rejects.toThrow("model_data must name the folder");
    await write("{model_data: sparkml}");
    await expect(loadModel(folder)).rejects.toMatchObject({ code: "RESOURCE_DOES_NOT_EXIST" });
    await write("{model_data: ..}");
    await expect(loadModel(folder)).rejects.toThrow("lies outside");
    await write("{model_data: m, model_class: pyspark.ml.connect.classification.LogisticRegressionModel}");
    await expect(loadModel(folder)).rejects.toThrow("cannot be scored without Python");
  });
});
