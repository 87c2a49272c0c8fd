import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pythonJson } from "@esteira/core/python-json";
import { type Cell, compareAnswers } from "@esteira/models/engines/mllib/golden";
import { loadModel } from "@esteira/models/flavors/load-model";
import { parseJson } from "@esteira/models/format/json";
import { readInvocation } from "@esteira/models/serving/invocation";
import { describe, expect, it } from "vitest";

const corpus = process.env.ESTEIRA_SPARK_CORPUS;
const folder = corpus === undefined ? undefined : join(corpus, "mlflow");

/** What MLflow's own Python flavor was asked, and what it answered or that it refused. */
interface Asked {
  readonly columns: readonly string[];
  readonly data: readonly (readonly Cell[])[];
  readonly answers?: readonly Cell[];
  readonly error?: string;
}

const models = folder === undefined ? [] : readdirSync(folder).filter((name) => !name.endsWith(".json"));

describe.skipIf(folder === undefined)("models that MLflow saved", () => {
  it("are there", () => {
    expect(models.length).toBeGreaterThan(4);
  });

  it.each(models)("%s answers as MLflow's Python flavor does", async (name) => {
    const tables = parseJson(readFileSync(join(folder!, `${name}.json`), "utf8"), name) as Record<string, Asked>;
    const model = await loadModel(join(folder!, name));
    expect(Object.keys(tables).length).toBeGreaterThan(1);
    for (const [table, { columns, data, answers, error }] of Object.entries(tables)) {
      const body = pythonJson({ dataframe_split: { columns, data } });
      const ask = () => {
        const asked = readInvocation(model, "json", Buffer.from(body));
        return model.predict(asked.table, asked.params);
      };
      if (answers === undefined) {
        expect(error, table).toBeDefined();
        expect(ask, table).toThrow(expect.objectContaining({ status: 400 }));
        continue;
      }
      const parity = compareAnswers(
        answers.map((answer) => [answer]),
        ask().map((answer) => [answer as Cell]),
        ["prediction"],
      );
      expect(parity.mismatched, `${table}: ${parity.first}`).toBe(0);
      expect(parity.maxRelative, `${table}: ${parity.first}`).toBeLessThan(1e-12);
    }
  });
});
