import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectedOf, flatFloats, modelBytes } from "../engines/trees/fixtures/fixture.ts";
import { modelDigest } from "./digest.ts";
import { formatMlmodel, parseMlmodel } from "./mlmodel.ts";
import { type NewModel, readModelFile, readModelFolder, writeModelFolder } from "./model-folder.ts";
import { columnsOf } from "./signature.ts";
import { formatYaml, parseYaml } from "./yaml.ts";

const NAMES = ["amount", "hour", "age", "velocity", "balance", "distance"];

const model: NewModel = {
  ubj: modelBytes("binary.ubj"),
  createdAt: Date.UTC(2026, 10, 23, 11, 31, 28, 477),
  modelUuid: "5a98b2ce8f074d6d8bf8f04d25e8860e",
  modelId: "m-3932259d46754eeeb54cd1b80baa6104",
  runId: "12345678901234567890123456789012",
  artifactPath: "model",
  metadata: { owner: "risk", since: "2026-11-23", on: "yes", level: 3 },
  signature: {
    inputs: columnsOf(NAMES, "double"),
    outputs: [{ kind: "tensor", dtype: "float32", shape: [-1] }],
  },
  inputExample: { columns: NAMES, data: [[1.5, -0.25, 0.5, 2, -1, Number.NaN]] },
};

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "esteira-model-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

describe("writeModelFolder", () => {
  it("writes MLflow's layout, and equal bytes for equal input", async () => {
    const [one, two] = [join(root, "one"), join(root, "deep", "two")];
    await writeModelFolder(one, model);
    await writeModelFolder(two, model);
    const names = (await readdir(one)).sort();
    expect(names).toEqual([
      "MLmodel",
      "conda.yaml",
      "input_example.json",
      "model.ubj",
      "python_env.yaml",
      "requirements.txt",
      "serving_input_example.json",
    ]);
    for (const name of names) expect(await readFile(join(one, name))).toEqual(await readFile(join(two, name)));
    expect(await readdir(join(root, "deep"))).toEqual(["two"]);
    const text = await readFile(join(one, "MLmodel"), "utf8");
    expect(text).toContain("utc_time_created: '2026-11-23 11:31:28.477000'\n");
    expect(text).toContain("run_id: '12345678901234567890123456789012'\n");
    expect(text).toContain("  on: 'yes'\n".replace("on", "'on'"));
    expect(await readFile(join(one, "requirements.txt"), "utf8")).toContain("xgboost==3.2.0\n");
  });

  it("is read back as it was written", async () => {
    const folder = join(root, "back");
    await writeModelFolder(folder, model);
    const config = await readModelFolder(folder);
    expect(config).toEqual({
      flavors: {
        python_function: {
          data: "model.ubj",
          env: { conda: "conda.yaml", virtualenv: "python_env.yaml" },
          loader_module: "mlflow.xgboost",
          python_version: "3.11.7",
        },
        xgboost: {
          code: null,
          data: "model.ubj",
          model_class: "xgboost.core.Booster",
          model_format: "ubj",
          xgb_version: "3.2.0",
        },
      },
      signature: model.signature,
      modelUuid: model.modelUuid,
      modelId: model.modelId,
      runId: model.runId,
      artifactPath: "model",
      utcTimeCreated: "2026-11-23 11:31:28.477000",
      mlflowVersion: "3.17.2",
      modelSizeBytes: expect.any(Number),
      savedInputExample: {
        artifactPath: "input_example.json",
        type: "dataframe",
        pandasOrient: "split",
        servingInputPath: "serving_input_example.json",
      },
      metadata: model.metadata,
      isSignatureFromTypeHint: false,
      typeHintFromExample: false,
      prompts: null,
    });
  });

  it("writes again what it read, down to the form of numbers", () => {
    const text = [
      "artifact_path: model",
      "auth_policy:",
      "  system_auth_policy:",
      "    resources: {}",
      "env_vars:",
      "- OPENAI_API_KEY",
      "flavors:",
      "  python_function:",
      "    config:",
      "      temperature: 1.0",
      "      big: 12345678901234567890",
      "    loader_module: mlflow.pyfunc.model",
      "is_signature_from_type_hint: true",
      "metadata:",
      "  day: 2026-11-23",
      "  quoted: '2026-11-23'",
      "  ratio: 2.0",
      "  whole: 2",
      "mine:",
      "- 1.0",
      "model_size_bytes: 12",
      "prompts:",
      "- prompts:/greeting/1",
      "resources:",
      "  api_version: '1'",
      "  databricks:",
      "    uc_connection:",
      "    - name: c",
      "saved_input_example_info:",
      "  artifact_path: input_example.json",
      "  params: 'true'",
      "  type: json_object",
      "signature:",
      '  inputs: \'[{"type": "array", "items": {"type": "object", "properties": {"a": {"type": "long", "required": true}}}, "required": true}]\'',
      "  outputs: null",
      '  params: \'[{"name": "n", "default": 1.0, "shape": null, "type": "double"}, {"name": "big", "default": 9007199254740993, "shape": null, "type": "long"}]\'',
      "type_hint_from_example: false",
      "",
    ].join("\n");
    expect(formatMlmodel(parseMlmodel(text))).toBe(text);
    const changed = { ...parseMlmodel(text), metadata: { owner: "risk" } };
    expect(formatMlmodel(changed)).toContain("metadata:\n  owner: risk\n");
    const shared = text.replace("mine:\n- 1.0", "mine: &a\n- 1\nours: *a");
    expect(parseYaml(formatMlmodel(parseMlmodel(shared)), "x")).toEqual(parseYaml(shared, "x"));
  });

  it("writes to an empty folder and refuses one with files, leaving nothing behind", async () => {
    const parent = join(root, "taken");
    await mkdir(join(parent, "empty"), { recursive: true });
    await writeModelFolder(join(parent, "empty"), model);
    await expect(writeModelFolder(join(parent, "empty"), model)).rejects.toMatchObject({
      code: "RESOURCE_ALREADY_EXISTS",
    });
    await writeFile(join(parent, "file"), "");
    await expect(writeModelFolder(join(parent, "file"), model)).rejects.toMatchObject({
      code: "RESOURCE_ALREADY_EXISTS",
    });
    expect((await readdir(parent)).sort()).toEqual(["empty", "file"]);
  });
});

describe("readModelFolder", () => {
  it("says what is missing", async () => {
    await expect(readModelFolder(join(root, "nowhere"))).rejects.toThrow("it has no file MLmodel");
  });

  it.each([
    ["[]", "it must be a mapping"],
    ["a: 1", "a mapping `flavors`"],
    ["flavors: {x: 1}", "flavors.x must be a mapping"],
    ["flavors: {}\nsignature: {inputs: 1}", "signature.inputs must be JSON text"],
    ["flavors: {}\nrun_id: [1]", "run_id must be text"],
    ["flavors: {}\nenv_vars: [1]", "env_vars must hold text only"],
    ["flavors: {}\nis_signature_from_type_hint: 3", "must be true or false"],
    ["flavors: {}\nsaved_input_example_info: {type: x}", "must give artifact_path and type"],
    ["a: [", "not valid YAML"],
    ["a: &a [1]\nb: [*a,*a]\nflavors: {}\nmetadata: 3", "metadata must be a mapping"],
  ])("refuses %j", (text, message) => {
    expect(() => parseMlmodel(text)).toThrow(message);
  });

  it("does not swell by references", () => {
    const lines = ["a0: &a0 [x,x,x,x,x,x,x,x,x,x]"];
    for (let i = 1; i < 12; i++) lines.push(`a${i}: &a${i} [${`*a${i - 1},`.repeat(10)}]`);
    expect(() => parseYaml(lines.join("\n"), "MLmodel")).toThrow("not valid YAML");
  });

  it("keeps dates and versions as text, as Python's reader quotes them", () => {
    expect(parseYaml("a: 2026-11-23\nb: '1.10'\nc: 3.2.0\nd: null\ne: yes", "x")).toEqual({
      a: "2026-11-23",
      b: "1.10",
      c: "3.2.0",
      d: null,
      e: true,
    });
    expect(formatYaml({ a: "2026-11-23", b: "1.10", c: "null", d: "1e3", e: "off", f: "0x1" })).toBe(
      "a: '2026-11-23'\nb: '1.10'\nc: 'null'\nd: '1e3'\ne: 'off'\nf: '0x1'\n",
    );
  });
});

describe("readModelFile", () => {
  it("stays inside of the folder", async () => {
    const folder = join(root, "inside");
    await mkdir(join(folder, "sub"), { recursive: true });
    await writeFile(join(folder, "..", "secret"), "s");
    await writeFile(join(folder, "sub", "file"), "f");
    await symlink(join(root, "secret"), join(folder, "link"));
    expect(Buffer.from(await readModelFile(folder, "sub/file")).toString()).toBe("f");
    for (const name of ["../secret", "link", ".", "sub/../.."])
      await expect(readModelFile(folder, name)).rejects.toThrow("outside of the model folder");
    await expect(readModelFile(folder, "sub")).rejects.toThrow("it is a folder");
    await expect(readModelFile(folder, "none")).rejects.toMatchObject({ code: "RESOURCE_DOES_NOT_EXIST" });
  });
});

describe("modelDigest", () => {
  it("is of the content, not of time, run or place", async () => {
    const [one, two] = [join(root, "digest-one"), join(root, "digest-two")];
    await writeModelFolder(one, model);
    await writeModelFolder(two, { ...model, createdAt: 0, runId: "0".repeat(32), modelUuid: "f".repeat(32) });
    const digest = await modelDigest(one);
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
    expect(await modelDigest(two)).toBe(digest);
    await writeFile(join(two, "registered_model_meta"), "model_name: x\n");
    expect(await modelDigest(two)).toBe(digest);
    await writeFile(join(two, "requirements.txt"), "mlflow\n");
    expect(await modelDigest(two)).not.toBe(digest);
  });

  it("counts every file and the configuration, and refuses links", async () => {
    const folder = join(root, "digest-three");
    await writeModelFolder(folder, model);
    const before = await modelDigest(folder);
    await mkdir(join(folder, "code"));
    await writeFile(join(folder, "code", "a.py"), "");
    const after = await modelDigest(folder);
    expect(after).not.toBe(before);
    const other = join(root, "digest-four");
    await writeModelFolder(other, { ...model, metadata: { owner: "fraud" } });
    expect(await modelDigest(other)).not.toBe(before);
    await symlink("/", join(folder, "root"));
    await expect(modelDigest(folder)).rejects.toThrow("neither a file nor a folder");
    await expect(modelDigest(root)).rejects.toThrow();
  });
});

const python = process.env.ESTEIRA_ORACLE_PYTHON;
const why = "needs ESTEIRA_ORACLE_PYTHON, a Python with mlflow 3.17.2 and xgboost 3.2.0";

const LOADER = `
import json, sys, mlflow, mlflow.xgboost, mlflow.pyfunc, pandas as pd, xgboost as xgb
folder, rows = sys.argv[1], json.loads(sys.argv[2])
model = mlflow.pyfunc.load_model(folder)
names = model.metadata.signature.inputs.input_names()
frame = pd.DataFrame(rows, columns=names, dtype=float)
booster = mlflow.xgboost.load_model(folder)
print(json.dumps({
    "names": names,
    "pyfunc": [float(v) for v in model.predict(frame)],
    "native": [float(v) for v in booster.predict(xgb.DMatrix(frame))],
    "example": list(model.input_example.columns),
    "metadata": model.metadata.metadata,
    "run": model.metadata.run_id,
    "created": model.metadata.utc_time_created,
    "requirements": mlflow.pyfunc.get_model_dependencies(folder),
}))
`;

describe.skipIf(python === undefined)(`real MLflow (${why})`, () => {
  it("loads the folder and predicts the same", { timeout: 120_000 }, async () => {
    const folder = join(root, "for-python");
    await writeModelFolder(folder, model);
    const expected = expectedOf("binary");
    const { stdout } = await promisify(execFile)(python ?? "", ["-c", LOADER, folder, JSON.stringify(expected.rows)]);
    const answer = JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as Record<string, unknown>;
    expect(answer).toMatchObject({
      names: NAMES,
      example: NAMES,
      metadata: model.metadata,
      run: model.runId,
      created: "2026-11-23 11:31:28.477000",
    });
    const theirs = flatFloats(expected.output);
    expect(Float32Array.from(answer.pyfunc as number[])).toEqual(theirs);
    expect(Float32Array.from(answer.native as number[])).toEqual(theirs);
  });
});
