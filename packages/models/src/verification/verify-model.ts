/** Whether a model folder is what it says: its files, its digest, its signature, and answers to its own example. */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { EsteiraError, invalid } from "@esteira/core/errors";
import type { Prediction, ServableModel } from "../flavors/flavor.ts";
import { loadNativeModel } from "../flavors/load-model.ts";
import { modelDigest } from "../format/digest.ts";
import { enforceSchema, type Frame } from "../format/enforce.ts";
import { readModelFile, readModelFolder } from "../format/model-folder.ts";
import { isTensorSchema } from "../format/signature.ts";
import { parsePayload } from "../serving/payload.ts";
import type { ParityEngine, ParityReport } from "./parity-report.ts";
import { compareWithPython } from "./python-parity.ts";
import { compareModelWithSpark } from "./spark-parity.ts";
import { compareModelWithXgboost } from "./xgboost-parity.ts";

export interface Check {
  readonly name: "files" | "digest" | "model" | "signature" | "example" | "parity";
  readonly verdict: "passed" | "failed" | "skipped";
  readonly detail: string;
}

export interface Verification {
  readonly passed: boolean;
  /** Undefined when the folder cannot be read. */
  readonly digest?: string;
  readonly checks: readonly Check[];
  readonly parity?: ParityReport;
}

export interface VerifyOptions {
  /** The digest that the folder must have, 64 hex digits. */
  readonly digest?: string | undefined;
  /** The engine to compare with, and the interpreter that has it; absent, nothing is compared and no Python runs; xgboost needs none. */
  readonly against?: { readonly engine: ParityEngine; readonly python: string } | undefined;
  /** How far an answer may lie from the original's, by the size of the larger, or by 1. */
  readonly tolerance: number;
  /** Milliseconds since the epoch, for the report; the machine's clock unless given. */
  readonly now?: () => number;
}

const COMPARE = { python: compareWithPython, spark: compareModelWithSpark, xgboost: compareModelWithXgboost };

const messageOf = (error: unknown): string => {
  if (error instanceof EsteiraError) return error.message;
  throw error;
};

/** Runs the checks in order; those that need what failed are skipped. Throws only what is no fault of the folder. */
export async function verifyModel(folder: string, options: VerifyOptions): Promise<Verification> {
  const checks: Check[] = [];
  let digest: string | undefined;
  let parity: ParityReport | undefined;
  const run = async <T>(name: Check["name"], work: () => Promise<readonly [T, string]>): Promise<T | undefined> => {
    try {
      const [value, detail] = await work();
      checks.push({ name, verdict: "passed", detail });
      return value;
    } catch (error) {
      checks.push({ name, verdict: "failed", detail: messageOf(error) });
      return undefined;
    }
  };
  const skip = (name: Check["name"], detail: string): void => void checks.push({ name, verdict: "skipped", detail });

  const files = await run("files", async () => {
    const names = await namedFiles(folder);
    return [names, `MLmodel names ${names.length} files, which are there`];
  });
  await run("digest", async () => {
    digest = await modelDigest(folder);
    const expected = options.digest?.trim().toLowerCase();
    if (expected !== undefined && expected !== digest)
      throw invalid(`The digest is ${digest}, expected ${expected}: the model is not the one that was meant`);
    return [digest, expected === undefined ? `${digest} (none given to compare with)` : digest];
  });
  const model =
    files === undefined
      ? undefined
      : await run("model", async () => {
          const loaded = await loadNativeModel(folder);
          return [loaded, `loads without Python, flavors ${Object.keys(loaded.config.flavors).join(", ")}`];
        });
  if (model === undefined) {
    for (const name of ["signature", "example"] as const) skip(name, "there is no model to ask");
  } else {
    const signature = checkSignature(model);
    checks.push(signature);
    const example = await exampleOf(folder, model).catch((error: unknown): Frame | string => messageOf(error));
    if (typeof example === "string") checks.push({ name: "example", verdict: "failed", detail: example });
    else if (example === undefined) skip("example", "MLmodel names no serving input example");
    else await run("example", async () => checkExample(model, example));
    if (options.against !== undefined) {
      const { engine, python } = options.against;
      const { tolerance, now = Date.now } = options;
      parity = await run("parity", async () => {
        if (example === undefined || typeof example === "string")
          throw invalid("There is no input example to make rows of: log the model with one");
        const question = { model, folder, example, python, tolerance, digest: digest ?? "", at: now() };
        return [await COMPARE[engine](question), ""];
      });
      if (parity !== undefined) {
        const { passed, rows, refused, differing, incomparable, maxUlp, maxDifference } = parity;
        const parts = [
          `${differing} of ${rows} rows differ, at most ${maxUlp} ulp (${maxDifference.toExponential(1)})`,
          ...(incomparable > 0 ? [`${incomparable} not comparable`] : []),
          ...(refused > 0 ? [`${refused} refused by both`] : []),
        ];
        checks.pop();
        checks.push({ name: "parity", verdict: passed ? "passed" : "failed", detail: parts.join(", ") });
      }
    }
  }
  return {
    passed: checks.every((check) => check.verdict !== "failed"),
    ...(digest !== undefined && { digest }),
    checks,
    ...(parity !== undefined && { parity }),
  };
}

/** The files that MLmodel and its flavors name. Throws when one is missing or lies outside of the folder. */
async function namedFiles(folder: string): Promise<readonly string[]> {
  const config = await readModelFolder(folder);
  const named = new Set<string>();
  for (const flavor of Object.values(config.flavors))
    if (typeof flavor.data === "string" && flavor.model_class !== undefined) named.add(flavor.data);
  const { savedInputExample: example } = config;
  if (example !== undefined) named.add(example.artifactPath);
  if (example?.servingInputPath !== undefined) named.add(example.servingInputPath);
  for (const name of named) await readModelFile(folder, name);
  return [...named];
}

function checkSignature({ signature, rowScorer }: ServableModel): Check {
  const name = "signature";
  const inputs = signature?.inputs;
  if (inputs === undefined) return { name, verdict: "skipped", detail: "the model has no input signature" };
  if (isTensorSchema(inputs)) return { name, verdict: "passed", detail: `${inputs.length} tensors` };
  const known = new Set(inputs.map((column) => column.name));
  const absent = inputs[0]?.name === undefined ? [] : (rowScorer?.featureNames ?? []).filter((one) => !known.has(one));
  if (absent.length > 0)
    return {
      name,
      verdict: "failed",
      detail: `the model needs ${absent.slice(0, 5).join(", ")}, which it does not list`,
    };
  return { name, verdict: "passed", detail: `${inputs.length} columns, all that the model needs` };
}

async function exampleOf(folder: string, model: ServableModel): Promise<Frame | undefined> {
  const path = model.config.savedInputExample?.servingInputPath;
  if (path === undefined) return undefined;
  return parsePayload(await readFile(join(folder, path), "utf8"), model.signature?.inputs).frame;
}

async function checkExample(model: ServableModel, frame: Frame): Promise<readonly [number, string]> {
  const whole = (await model.respond?.(frame)) ?? (await model.predict(enforceSchema(frame, model.signature?.inputs)));
  const odd = oddValues(whole);
  if (odd > 0) throw invalid(`The answers to the example hold ${odd} values that are not finite numbers`);
  const answers = Array.isArray(whole) ? `${whole.length} answers` : "an answer";
  return [frame.rowCount, `${frame.rowCount} rows, ${answers}`];
}

/** Values that are no answer: missing ones, and numbers that are not finite. */
function oddValues(prediction: Prediction): number {
  if (typeof prediction === "number") return Number(!Number.isFinite(prediction));
  if (prediction === null) return 1;
  if (typeof prediction !== "object") return 0;
  return Object.values(prediction).reduce<number>((sum, value: Prediction) => sum + oddValues(value), 0);
}
