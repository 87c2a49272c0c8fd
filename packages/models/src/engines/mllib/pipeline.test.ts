import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CATALOGUE } from "./catalogue.ts";
import { FIXTURES, unpackFixture } from "./fixtures/fixture.ts";
import { answerRows, compareAnswers } from "./golden.ts";
import { readPipeline } from "./pipeline.ts";

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "esteira-mllib-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** A fresh copy of a fixture's model, to be damaged. */
async function copyOf(name: string): Promise<string> {
  const folder = await mkdtemp(join(root, `${name}-`));
  unpackFixture(name, folder);
  return join(folder, "model");
}

/** The folder of a stage whose class is `className`. */
async function stageFolder(model: string, className: string): Promise<string> {
  const stages = join(model, "stages");
  const found = (await readdir(stages)).find((name) => name.includes(className));
  if (found === undefined) throw new Error(`no stage ${className}`);
  return join(stages, found);
}

async function metadataFile(folder: string): Promise<string> {
  const [name] = await readdir(join(folder, "metadata"));
  return join(folder, "metadata", name!);
}

/** Replaces text in the metadata of a stage. */
async function edit(folder: string, from: string | RegExp, to: string): Promise<void> {
  const path = await metadataFile(folder);
  const text = await readFile(path, "utf8");
  const changed = text.replace(from, to);
  expect(changed).not.toBe(text);
  await writeFile(path, changed);
}

describe("pipelines that Spark made", () => {
  it.each(FIXTURES)("%s answers as Spark does", async (name) => {
    const folder = join(root, name);
    const golden = unpackFixture(name, folder);
    const pipeline = await readPipeline(join(folder, "model"));
    expect(pipeline.sparkVersion).toBe(golden.spark);
    if (golden.answers === undefined) {
      expect(() => answerRows(pipeline, golden)).toThrow("refuses");
      return;
    }
    const parity = compareAnswers(golden.answers, answerRows(pipeline, golden), golden.outputs);
    expect(parity.mismatched, parity.first).toBe(0);
    const isExact = pipeline.classNames.every((className) => CATALOGUE.get(className)?.parity === "exact");
    if (isExact) expect(parity.differing, parity.first).toBe(0);
    expect(parity.maxRelative, parity.first).toBeLessThan(1e-12);
  });
});

describe("readPipeline", () => {
  it("refuses by name what it cannot score", async () => {
    const model = await copyOf("forest");
    const folder = await stageFolder(model, "Imputer");
    await edit(folder, "feature.ImputerModel", "feature.Word2VecModel");
    await expect(readPipeline(model)).rejects.toThrow("The Spark stage Word2VecModel");
  });

  it("tells what is missing or damaged", async () => {
    const model = await copyOf("forest");
    const forest = await stageFolder(model, "RandomForest");
    const [data] = await readdir(join(forest, "data"));
    const path = join(forest, "data", data!);
    const bytes = await readFile(path);
    await writeFile(path, bytes.subarray(0, bytes.length / 2));
    await expect(readPipeline(model)).rejects.toThrow("cannot be read as Parquet");
    await rm(path);
    await expect(readPipeline(model)).rejects.toThrow("is empty");
    await rm(join(forest, "data"), { recursive: true });
    await expect(readPipeline(model)).rejects.toThrow("has no folder");
    await rm(await metadataFile(model));
    await expect(readPipeline(model)).rejects.toMatchObject({ code: "RESOURCE_DOES_NOT_EXIST" });
  });

  it("refuses parameters that are none, and names that lead out of the folder", async () => {
    const model = await copyOf("forest");
    const encoder = await stageFolder(model, "OneHotEncoder");
    await edit(encoder, '"handleInvalid":"keep"', '"handleInvalid":"maybe"');
    await expect(readPipeline(model)).rejects.toThrow("handleInvalid is 'maybe', expected error, keep");
    const other = await copyOf("forest");
    await edit(other, /"StringIndexer_\w+"/, '"../../elsewhere"');
    await expect(readPipeline(other)).rejects.toThrow("is no name of a stage");
    const third = await copyOf("forest");
    await writeFile(await metadataFile(third), "not JSON");
    await expect(readPipeline(third)).rejects.toThrow("is not valid JSON");
  });
});

describe("a plan", () => {
  it("leaves out what nobody asks for, and keeps what leaves rows out", async () => {
    const folder = join(root, "plan");
    const golden = unpackFixture("index-skip", folder);
    const pipeline = await readPipeline(join(folder, "model"));
    const some = pipeline.plan(golden.inputs, ["kindIndex"]);
    const row = some.createRow();
    const fill = (kind: string, channel: string | null) => {
      some.inputs.forEach((column) => {
        if (column.name === "kind") row.texts[column.at] = kind;
        if (column.name === "channel") row.texts[column.at] = channel;
      });
      return some.run(row);
    };
    expect(fill("pix", "app")).toBe(true);
    // Only the channel is wrong, and only the kind was asked for.
    expect(fill("pix", "never seen")).toBe(false);
    expect(fill("pix", null)).toBe(false);
  });

  it("names the column that is missing or of another kind", async () => {
    const folder = join(root, "columns");
    const golden = unpackFixture("forest", folder);
    const pipeline = await readPipeline(join(folder, "model"));
    const without = golden.inputs.filter(({ name }) => name !== "amount");
    expect(() => pipeline.plan(without, ["prediction"])).toThrow("has no column 'amount'");
    const text = golden.inputs.map((input) =>
      input.name === "age" ? { name: "age", type: "string" as const } : input,
    );
    expect(() => pipeline.plan(text, ["prediction"])).toThrow("Column 'age' holds a text, where a number is expected");
    expect(() => pipeline.plan(golden.inputs, ["nothing"])).toThrow("has no column 'nothing'");
  });
});
