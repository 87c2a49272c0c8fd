import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { ServableModel } from "@esteira/models/flavors/flavor";
import { loadNativeModel } from "@esteira/models/flavors/load-model";
import { answerBody } from "@esteira/models/serving/invocation";
import { verifyModel } from "@esteira/models/verification/verify-model";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findOnnx } from "./environment.ts";

const found = await findOnnx();
const missing = "missing" in found ? found.missing : undefined;
const { python, runtime } = "missing" in found ? { python: "", runtime: "" } : found;
if (missing !== undefined) it.skip(`ONNX models are scored (skipped: ${missing})`);

const CASES = [
  ...["classifier-maps", "classifier-maps-array", "classifier", "classifier-array", "classifier-names", "pipeline"],
  ...["regressor", "regressor-unsigned", "regressor-array", "three-targets"],
  ...["tensor", "tensor-named", "whole-numbers"],
];

/** Two builds of one runtime may add float32 in another order. */
const FLOAT = 1e-5;

interface Asked {
  readonly body: unknown;
  readonly status: number;
  readonly answer?: unknown;
}

/** Fails unless both are of one shape, and their numbers are equal but for the last bits of float32. */
function expectClose(ours: unknown, theirs: unknown, where: string): void {
  if (typeof theirs === "number" && typeof ours === "number") {
    expect(Math.abs(ours - theirs), where).toBeLessThanOrEqual(FLOAT * Math.max(1, Math.abs(theirs)));
  } else if (typeof theirs === "object" && theirs !== null && typeof ours === "object" && ours !== null) {
    expect(Array.isArray(ours), where).toBe(Array.isArray(theirs));
    expect(Object.keys(ours).sort(), where).toEqual(Object.keys(theirs).sort());
    for (const [key, value] of Object.entries(theirs)) expectClose(Reflect.get(ours, key), value, `${where}.${key}`);
  } else expect(ours, where).toBe(theirs);
}

describe.skipIf(missing !== undefined)("an ONNX model of MLflow", () => {
  let root: string;
  const folderOf = (name: string) => join(root, name, "model");
  const opened: ServableModel[] = [];
  const open = async (name: string): Promise<ServableModel> => {
    const model = await loadNativeModel(folderOf(name));
    opened.push(model);
    return model;
  };

  beforeAll(async () => {
    process.env.ESTEIRA_ONNXRUNTIME = runtime;
    root = await mkdtemp(join(tmpdir(), "esteira-onnx-"));
    const script = fileURLToPath(new URL("make_onnx.py", import.meta.url));
    await promisify(execFile)(python, ["-W", "ignore", script, root], {
      env: { ...process.env, MLFLOW_DISABLE_TELEMETRY: "true", PYTHONDONTWRITEBYTECODE: "1" },
    });
  }, 1_800_000);
  afterAll(async () => {
    for (const model of opened) await model.close?.();
    await rm(root, { recursive: true, force: true });
  });

  for (const name of CASES)
    it(`is answered as there: ${name}`, async () => {
      const { asked, original } = JSON.parse(await readFile(join(root, name, "golden.json"), "utf8")) as {
        asked: Asked[];
        original: unknown;
      };
      const model = await open(name);
      for (const { body, status, answer } of asked) {
        const ours = answerBody(model, "json", JSON.stringify(body));
        if (status === 200) expectClose(JSON.parse(await ours), answer, name);
        // MLflow cannot put a class and its probabilities into one frame, nor columns into inputs of two dimensions.
        else if (original !== null) expectClose(JSON.parse(await ours), { predictions: original }, name);
        else await expect(ours).rejects.toMatchObject({ status });
      }
    });

  it("scores CSV, and tables row by row", async () => {
    const { asked } = JSON.parse(await readFile(join(root, "regressor", "golden.json"), "utf8")) as {
      asked: {
        body: { dataframe_split: { columns: string[]; data: number[][] } };
        answer: { predictions: unknown[] };
      }[];
    };
    const [{ body, answer }] = asked as [(typeof asked)[0]];
    const { columns, data } = body.dataframe_split;
    const model = await open("regressor");
    const csv = [columns, ...data].map((row) => row.join(",")).join("\n");
    expectClose(JSON.parse(await answerBody(model, "csv", csv)), answer, "csv");
    const table = {
      names: columns,
      columns: columns.map((_, i) => Float64Array.from(data, (row) => row[i]!)),
      rowCount: data.length,
    };
    expectClose(await model.predict(table), answer.predictions, "table");
    expect(await model.predict({ names: columns, columns: columns.map(() => []), rowCount: 0 })).toEqual([]);
    const three = await (await open("three-targets")).predict(table);
    expect(three).toHaveLength(data.length);
    expect(three[0]).toMatchObject({ variable: [expect.any(Number), expect.any(Number), expect.any(Number)] });
  });

  it("refuses what a model does not take, in words", async () => {
    const ask = async (name: string, body: unknown) => answerBody(await open(name), "json", JSON.stringify(body));
    const refused = (name: string, body: unknown, message: string) =>
      expect(ask(name, body)).rejects.toMatchObject({ message: expect.stringContaining(message) });
    await refused("tensor", { inputs: [[[1, 2], [3]]] }, "not of one length");
    await refused("tensor", { inputs: { x: [[1]] } }, "one unnamed tensor");
    await refused("tensor-named", { inputs: { z: [1] } }, "needs 'x'");
    await refused("regressor-array", { inputs: [[1, 2, "x"]] }, "takes numbers, and was given 'x'");
    await refused(
      "whole-numbers",
      { dataframe_split: { columns: ["a", "b"], data: [[2 ** 60, 1]] } },
      "whole numbers from",
    );
    const row = [1, 2, 3, null, 1];
    await refused(
      "pipeline",
      { dataframe_split: { columns: ["amount", "hour", "age", "kind", "count"], data: [row] } },
      "takes text",
    );
  });

  it("compares with Python's own answers", async () => {
    const folder = folderOf("regressor");
    const example = {
      columns: ["amount", "hour", "age"],
      data: [
        [100, 3, 40],
        [5, 20, 70],
      ],
    };
    const made = join(root, "with-example");
    await cp(folder, made, { recursive: true });
    await writeFile(join(made, "serving_input_example.json"), JSON.stringify({ dataframe_split: example }));
    await writeFile(join(made, "input_example.json"), JSON.stringify(example));
    const text = await readFile(join(made, "MLmodel"), "utf8");
    const saved =
      "saved_input_example_info:\n  artifact_path: input_example.json\n  pandas_orient: split\n  serving_input_path: serving_input_example.json\n  type: dataframe\n";
    await writeFile(join(made, "MLmodel"), text.replace("signature:", `${saved}signature:`));
    const { passed, parity, checks } = await verifyModel(made, {
      against: { engine: "python", python },
      tolerance: FLOAT,
    });
    expect(passed, JSON.stringify(checks)).toBe(true);
    expect(parity?.incomparable).toBe(0);
    expect(parity?.rows).toBeGreaterThan(2);
  });

  describe("that is not what it should be", () => {
    const refused = (name: string, message: string | RegExp) =>
      expect(open(name)).rejects.toMatchObject({ message: expect.stringMatching(message) });

    it("is refused when it names weights outside of its folder, or none that are there", async () => {
      await refused("bad-outside", /names the file '\.\.\/\.\.\/secret' for its weights, which lies outside/);
      await refused("bad-absolute", /names the file '\/etc\/hostname' for its weights, which lies outside/);
      await refused("bad-missing", /no file 'gone\.bin'/);
      const link = join(root, "bad-link");
      await cp(join(root, "bad-missing"), link, { recursive: true });
      await symlink(join(root, "secret"), join(link, "model", "gone.bin"));
      await refused("bad-link", "lies outside of the model folder");
    });

    it("is refused when its operators are unknown", () =>
      refused("bad-opset", /operators of .*ai\.onnx 999.*: .*pset/));

    it("is refused at whatever byte it was cut", async () => {
      const cut = join(root, "cut");
      await cp(join(root, "regressor"), cut, { recursive: true });
      const file = join(cut, "model", "model.onnx");
      const whole = await readFile(file);
      for (const share of [0, 0.001, 0.1, 0.5, 0.9, 0.999]) {
        await writeFile(file, whole);
        await truncate(file, Math.floor(whole.length * share));
        await refused("cut", /no ONNX model|onnxruntime cannot load/);
      }
      await writeFile(file, "{}");
      await refused("cut", "no ONNX model");
    });
  });

  it("is refused with what to install where there is no onnxruntime", async () => {
    process.env.ESTEIRA_ONNXRUNTIME = root;
    try {
      await expect(loadNativeModel(folderOf("regressor"))).rejects.toThrow(
        /onnxruntime-node, which scores those, is not installed in .*: run npm install --ignore-scripts onnxruntime-node/,
      );
    } finally {
      process.env.ESTEIRA_ONNXRUNTIME = runtime;
    }
  });
});
