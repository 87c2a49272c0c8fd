import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { CATALOGUE } from "@esteira/models/engines/mllib/catalogue";
import { answerRows, compareAnswers, type GoldenRows } from "@esteira/models/engines/mllib/golden";
import { readPipeline } from "@esteira/models/engines/mllib/pipeline";
import { parseJson } from "@esteira/models/format/json";
import { describe, expect, it } from "vitest";

const corpora = [
  { version: "4.1", folder: process.env.ESTEIRA_SPARK_CORPUS },
  { version: "3.5", folder: process.env.ESTEIRA_SPARK35_CORPUS },
];

const casesIn = (folder: string | undefined): readonly string[] =>
  folder === undefined ? [] : readdirSync(folder).filter((name) => existsSync(join(folder, name, "case.json")));

describe.each(corpora)("Spark $version", ({ version, folder }) => {
  it.skipIf(folder === undefined)("was asked about cases", () => {
    expect(casesIn(folder).length).toBeGreaterThan(version === "3.5" ? 5 : 80);
  });

  it.each(casesIn(folder))("%s answers as Spark does", async (name) => {
    const golden = parseJson(readFileSync(join(folder!, name, "case.json"), "utf8"), name) as GoldenRows & {
      readonly spark: string;
    };
    const pipeline = await readPipeline(join(folder!, name, "model"));
    expect(pipeline.sparkVersion).toBe(golden.spark);
    expect(golden.spark).toContain(`${version}.`);
    if (golden.answers === undefined) {
      expect(golden.error).toBeDefined();
      expect(() => answerRows(pipeline, golden)).toThrow();
      return;
    }
    const parity = compareAnswers(golden.answers, answerRows(pipeline, golden), golden.outputs);
    expect(parity.mismatched, parity.first).toBe(0);
    const isExact = pipeline.classNames.every((className) => CATALOGUE.get(className)?.parity === "exact");
    if (isExact) expect(parity.differing, parity.first).toBe(0);
    expect(parity.maxRelative, parity.first).toBeLessThan(1e-12);
  });

  it.runIf(version === "4.1" && folder !== undefined)("covers every stage of the catalogue", async () => {
    const seen = new Set<string>();
    for (const name of casesIn(folder))
      for (const className of (await readPipeline(join(folder!, name, "model"))).classNames) seen.add(className);
    // Those two are inside of an RFormula only.
    const inside = ["ColumnPruner", "VectorAttributeRewriter"];
    const unseen = [...CATALOGUE.keys()].filter(
      (className) => !seen.has(className) && !inside.some((name) => className.endsWith(`.${name}`)),
    );
    expect(unseen).toEqual([]);
  });
});
