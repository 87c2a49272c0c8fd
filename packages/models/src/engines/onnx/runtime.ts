/**
 * onnxruntime-node, which is no dependency: it weighs 290 MB, and most models need none of it. It is looked for when an
 * ONNX model is to be loaded, beside this package or in the folder that ESTEIRA_ONNXRUNTIME names; never where a model lies
 * or a command is run, because what is found there is executed.
 */

import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { invalid } from "@esteira/core/errors";
import type { Tensor, TensorType } from "./tensor.ts";

const PACKAGE = "onnxruntime-node";

export interface SessionOptions {
  readonly executionProviders: readonly string[];
  readonly intraOpNumThreads?: number;
  readonly interOpNumThreads?: number;
  readonly executionMode?: "sequential" | "parallel";
  readonly graphOptimizationLevel?: "disabled" | "basic" | "extended" | "all";
  /** 3 is errors, which come as exceptions, too. */
  readonly logSeverityLevel: number;
}

/** An input or output: `type` and `shape` where it is a tensor; a text in a shape is any length. */
export interface ValueMetadata {
  readonly name: string;
  readonly isTensor: boolean;
  readonly type?: string;
  readonly shape?: readonly (number | string)[];
}

export interface Session {
  readonly inputMetadata: readonly ValueMetadata[];
  readonly outputMetadata: readonly ValueMetadata[];
  run(feeds: Readonly<Record<string, unknown>>): Promise<Readonly<Record<string, Tensor>>>;
  release(): Promise<void>;
}

/** What of onnxruntime's interface is used. */
export interface OnnxRuntime {
  readonly InferenceSession: { create(model: string | Uint8Array, options: SessionOptions): Promise<Session> };
  readonly Tensor: new (type: TensorType, data: Tensor["data"], dims: readonly number[]) => object;
}

const isRuntime = (loaded: unknown): loaded is OnnxRuntime =>
  typeof loaded === "object" &&
  loaded !== null &&
  ["InferenceSession", "Tensor"].every((name) => typeof Reflect.get(loaded, name) === "function");

/** Throws INVALID_PARAMETER_VALUE that says what to install when it is not there, or cannot run here. */
export function loadOnnxRuntime(given: string | undefined = process.env.ESTEIRA_ONNXRUNTIME): OnnxRuntime {
  const isGiven = given !== undefined && given !== "";
  const require = createRequire(isGiven ? join(resolve(given), "package.json") : import.meta.url);
  const where = isGiven ? `in '${given}', which ESTEIRA_ONNXRUNTIME names` : "here";
  let path: string;
  try {
    path = require.resolve(PACKAGE);
  } catch {
    throw invalid(
      `The model is an ONNX model, and the package ${PACKAGE}, which scores those, is not installed ${where}: run npm install --ignore-scripts ${PACKAGE} where esteira is installed, or in any folder and set ESTEIRA_ONNXRUNTIME to it`,
    );
  }
  let loaded: unknown;
  try {
    loaded = require(path);
  } catch (error) {
    const why = error instanceof Error ? error.message.split("\n")[0] : String(error);
    throw invalid(`The package ${PACKAGE} ${where} cannot be loaded: ${why}`);
  }
  if (!isRuntime(loaded)) throw invalid(`The package ${PACKAGE} ${where} is none that is known: 1.30 is`);
  return loaded;
}
