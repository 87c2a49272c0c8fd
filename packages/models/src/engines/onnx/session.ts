/** An ONNX model of a folder in onnxruntime: what it takes, and what it answers as JSON's values. */

import { readFile, realpath, stat } from "node:fs/promises";
import { dirname, isAbsolute, join, normalize, relative } from "node:path";
import { invalid } from "@esteira/core/errors";
import { badRequest } from "../../format/cells.ts";
import { resolveModelPath } from "../../format/model-folder.ts";
import { MOST_BYTES, type OnnxFile, readOnnx } from "./file.ts";
import { loadOnnxRuntime, type OnnxRuntime, type Session, type SessionOptions } from "./runtime.ts";
import { type Elements, isTensorType, type Tensor, type TensorType, toTensor, valuesOf } from "./tensor.ts";

export interface OnnxInput {
  readonly name: string;
  readonly type: TensorType;
  /** -1 is any length. */
  readonly shape: readonly number[];
}

/** Of a class to its probability, where the model answers so. */
export type OnnxValue = number | string | boolean | Readonly<Record<string, number>>;

export interface OnnxOutput {
  readonly name: string;
  readonly dims: readonly number[];
  /** Row-major. */
  readonly values: readonly OnnxValue[];
}

export interface OnnxSession {
  readonly inputs: readonly OnnxInput[];
  /** In the model's order. Throws BAD_REQUEST when the model does not take the elements. */
  run(feeds: ReadonlyMap<string, Elements>): Promise<readonly OnnxOutput[]>;
  release(): Promise<void>;
}

export type SessionSettings = Omit<SessionOptions, "executionProviders" | "logSeverityLevel">;

const firstLines = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).trim().replace(/\s+/g, " ").slice(0, 400);

/**
 * Opens the file that MLmodel names. Throws INVALID_PARAMETER_VALUE when there is no onnxruntime, when the file is no ONNX model that it
 * can run, or names weights outside of the folder; RESOURCE_DOES_NOT_EXIST when a file is missing.
 */
export async function openOnnx(folder: string, data: string, settings: SessionSettings): Promise<OnnxSession> {
  const path = await resolveModelPath(folder, data);
  const { size } = await stat(path);
  if (size > MOST_BYTES) throw invalid(`The file '${data}' has ${size} bytes: an ONNX file has ${MOST_BYTES} at most`);
  const file = readOnnx(await readFile(path));
  await checkExternal(folder, path, data, file);
  const runtime = loadOnnxRuntime();
  const options: SessionOptions = { ...settings, executionProviders: ["cpu"], logSeverityLevel: 3 };
  let session: Session;
  try {
    // By its path where it may: weights in other files are found beside it.
    session = await runtime.InferenceSession.create(file.zipMaps.length > 0 ? file.bytes : path, options);
  } catch (error) {
    const opsets = Array.from(file.opsets, ([domain, version]) => `${domain || "ai.onnx"} ${version}`).join(", ");
    const why = firstLines(error).replace(/^Load model from .* failed:\s*/, "");
    throw invalid(`onnxruntime cannot load the ONNX model '${data}' (operators of ${opsets}): ${why}`);
  }
  return createSession(runtime, session, file);
}

/** The runtime opens what the model names: nothing but files of its own folder. */
async function checkExternal(folder: string, path: string, data: string, file: OnnxFile): Promise<void> {
  const own = relative(await realpath(folder), dirname(path));
  for (const name of file.externalFiles) {
    const inside = normalize(join(own, name));
    if (isAbsolute(name) || name === "" || inside.startsWith(".."))
      throw invalid(
        `The ONNX model '${data}' names the file '${name}' for its weights, which lies outside of the model folder`,
      );
    await resolveModelPath(folder, inside);
  }
  if (file.externalFiles.length > 0 && file.zipMaps.length > 0)
    throw invalid(
      `The ONNX model '${data}' answers maps and keeps its weights in files of their own: convert it without maps (skl2onnx: options={"zipmap": False})`,
    );
}

function createSession(runtime: OnnxRuntime, session: Session, { zipMaps }: OnnxFile): OnnxSession {
  const inputs = session.inputMetadata.map(({ name, type, shape = [] }): OnnxInput => {
    if (!isTensorType(type))
      throw invalid(`The ONNX model's input '${name}' is of the type ${type ?? "of no tensor"}, which is not taken`);
    return { name, type, shape: shape.map((size) => (typeof size === "number" ? size : -1)) };
  });
  for (const { name, isTensor } of session.outputMetadata)
    if (!isTensor) throw invalid(`The ONNX model's output '${name}' is no tensor, which cannot be read here`);
  const maps = new Map(zipMaps.map((zipMap) => [zipMap.tensor, zipMap]));
  return {
    inputs,
    async run(feeds) {
      const tensors: Record<string, unknown> = {};
      for (const { name, type } of inputs) {
        const { dims, data } = toTensor(name, type, feeds.get(name) ?? { dims: [0], cells: [] });
        tensors[name] = new runtime.Tensor(type, data, dims);
      }
      let answers: Readonly<Record<string, Tensor>>;
      try {
        answers = await session.run(tensors);
      } catch (error) {
        throw badRequest(`The model does not take the input: ${firstLines(error)}`);
      }
      return session.outputMetadata.map(({ name }): OnnxOutput => {
        const tensor = answers[name]!;
        const { dims } = tensor;
        const values = valuesOf(tensor);
        const map = maps.get(name);
        if (map === undefined) return { name, dims, values };
        return { name: map.output, dims: dims.slice(0, 1), values: mapsOf(values, map.classes, dims[0] ?? 0) };
      });
    },
    release: () => session.release(),
  };
}

const mapsOf = (values: readonly unknown[], classes: readonly string[], rows: number): Record<string, number>[] =>
  Array.from({ length: rows }, (_, row) =>
    Object.fromEntries(classes.map((name, i) => [name, Number(values[row * classes.length + i])])),
  );
