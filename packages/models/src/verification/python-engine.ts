/** The original engine: MLflow's pyfunc in a Python that the user names. The only code that runs what a folder asks for. */

import { spawn } from "node:child_process";
import { text as readAll } from "node:stream/consumers";
import { EsteiraError, invalid } from "@esteira/core/errors";
import { pythonJson } from "@esteira/core/python-json";
import { z } from "zod";
import { parseJson } from "../format/json.ts";
import type { GoldenRows } from "./golden-rows.ts";
import type { Answer } from "./parity.ts";

const SCRIPT = `
import json, sys
request = json.load(sys.stdin)
out, sys.stdout = sys.stdout, sys.stderr
import mlflow, numpy as np, pandas as pd
import mlflow.pyfunc
model = mlflow.pyfunc.load_model(request["folder"])
frame = pd.DataFrame(request["rows"], columns=request["names"])
kinds = {"double": "float64", "float": "float32", "integer": "int32", "long": "int64", "boolean": "bool"}
for column in model.metadata.get_input_schema().inputs:
    kind = kinds.get(column.type.name)
    if kind is not None and not (kind in ("int32", "int64", "bool") and frame[column.name].isna().any()):
        frame[column.name] = frame[column.name].astype(kind)
def numbers(value):
    values = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return float(value) if values is None else [numbers(one) for one in values]
def plain(value):
    if isinstance(value, (pd.DataFrame, pd.Series)):
        return numbers(value.to_numpy().tolist())
    return np.asarray(value, dtype="float64").tolist()
def each():
    for i in range(len(frame)):
        try:
            yield plain(model.predict(frame.iloc[i : i + 1]))
        except Exception as error:
            yield {"refused": str(error)[:200]}
try:
    answers = plain(model.predict(frame))
    # Some models answer a row with several: one by one tells whose they are.
    if len(answers) != len(frame):
        answers = list(each())
except Exception:
    answers = list(each())
versions = {"python": sys.version.split()[0], "mlflow": mlflow.__version__}
for name in ("xgboost", "lightgbm", "onnxruntime", "pyspark"):
    if name in sys.modules:
        versions[name] = sys.modules[name].__version__
json.dump({"answers": answers, "versions": versions}, out)
`;

interface PythonAnswers {
  readonly answers: readonly Answer[];
  readonly versions: Readonly<Record<string, string>>;
}

const replyWire = z.object({
  answers: z.array(z.unknown()),
  versions: z.record(z.string(), z.string()),
});
const refusedWire = z.object({ refused: z.string() });

function toAnswer(value: unknown): Answer {
  const refused = refusedWire.safeParse(value);
  if (refused.success) return refused.data;
  const numbers: unknown[] = Array.isArray(value) ? value.flat(Number.POSITIVE_INFINITY) : [value];
  return numbers.map((item) => {
    if (typeof item !== "number") throw new TypeError(`Python answered ${String(item)}, which is no number`);
    return item;
  });
}

/**
 * What MLflow's pyfunc answers to the rows. Throws INVALID_PARAMETER_VALUE when `python` cannot be started,
 * INVALID_STATE with Python's last words when it fails (no mlflow, not the model's library ...).
 */
export async function askPython(python: string, folder: string, golden: GoldenRows): Promise<PythonAnswers> {
  const child = spawn(python, ["-W", "ignore", "-c", SCRIPT], {
    env: { ...process.env, MLFLOW_DISABLE_TELEMETRY: "true", OMP_WAIT_POLICY: "PASSIVE" },
    stdio: ["pipe", "pipe", "pipe"],
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", (error) =>
      reject(invalid(`The Python '${python}' cannot be started (${error.message}): name one with --python.`)),
    );
    child.once("close", resolve);
  });
  // A Python that ends early closes its input; its exit code says so.
  child.stdin.on("error", () => {});
  child.stdin.end(pythonJson({ folder, names: golden.names, rows: golden.rows }));
  const [code, output, errors] = await Promise.all([ended, readAll(child.stdout), readAll(child.stderr)]);
  if (code !== 0) {
    const last = errors.trim().split("\n").at(-1) ?? "";
    throw new EsteiraError(
      "INVALID_STATE",
      `The original engine in '${python}' failed (exit code ${code}): ${last.slice(0, 300)}. That Python needs mlflow and the model's own library.`,
    );
  }
  const reply = replyWire.parse(parseJson(output, "Python's answer"));
  return { answers: reply.answers.map(toAnswer), versions: reply.versions };
}
