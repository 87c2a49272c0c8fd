/** Whether a model folder is what it says: its files, its digest, its signature, and answers to its own example. */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { EsteiraError, invalid } from "@esteira/core/errors";
import type { LoadedModel } from "../flavors/flavor.ts";
import { loadModel } from "../flavors/load-model.ts";
import { modelDigest } from "../format/digest.ts";
import { enforceSchema, type Frame } from "../format/enforce.ts";
import { readModelFile, readModelFolder } from "../format/model-folder.ts";
import { type ColumnSpec, isTensorSchema } from "../format/signature.ts";
import { parsePayload } from "../serving/payload.ts";
import { goldenRows } from "./golden-rows.ts";
import { type Answer, compareAnswers, type Parity, valuesOf } from "./parity.ts";
import { askPython } from "./python-engine.ts";

/** Written beside the model; not part of its digest. */
export const PARITY_FILE = "esteira_parity.json";

export interface Check {
  readonly name: "files" | "digest" | "model" | "signature" | "example" | "parity";
  readonly verdict: "passed" | "failed" | "skipped";
  readonly detail: string;
}

/** What `esteira_parity.json` holds. */
export interface ParityReport extends Parity {
  readonly format: "esteira-parity/1";
  readonly against: "python";
  readonly digest: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly tolerance: number;
  readonly passed: boolean;
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
  /** The interpreter to compare with; absent, nothing is compared and no Python runs. */
  readonly python?: string | undefined;
  /** How far an answer may lie from the original's, by the size of the larger, or by 1. */
  readonly tolerance: number;
}

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
          const loaded = await loadModel(folder);
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
    if (options.python !== undefined) {
      const { python, tolerance } = options;
      parity = await run("parity", async () => {
        if (example === undefined || typeof example === "string")
          throw invalid("There is no input example to make rows of: log the model with one");
        const report = await compareWithPython(model, folder, example, python, tolerance, digest ?? "");
        return [report, ""];
      });
      if (parity !== undefined) {
        const { passed, rows, differing, incomparable, maxUlp, maxDifference } = parity;
        const detail = `${differing} of ${rows} rows differ, at most ${maxUlp} ulp (${maxDifference.toExponential(1)})${incomparable > 0 ? `, ${incomparable} not comparable` : ""}`;
        checks.pop();
        checks.push({ name: "parity", verdict: passed ? "passed" : "failed", detail });
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

function checkSignature({ signature, rowScorer }: LoadedModel): Check {
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

async function exampleOf(folder: string, model: LoadedModel): Promise<Frame | undefined> {
  const path = model.config.savedInputExample?.servingInputPath;
  if (path === undefined) return undefined;
  return parsePayload(await readFile(join(folder, path), "utf8"), model.signature?.inputs).frame;
}

async function checkExample(model: LoadedModel, frame: Frame): Promise<readonly [number, string]> {
  const answers = model.predict(enforceSchema(frame, model.signature?.inputs));
  const odd = answers.flatMap(valuesOf).filter((value) => !Number.isFinite(value)).length;
  if (odd > 0) throw invalid(`The answers to the example hold ${odd} values that are not finite numbers`);
  return [answers.length, `${frame.rowCount} rows, ${answers.length} answers`];
}

const isNamed = (column: ColumnSpec): column is ColumnSpec & { readonly name: string } => column.name !== undefined;

async function compareWithPython(
  model: LoadedModel,
  folder: string,
  example: Frame,
  python: string,
  tolerance: number,
  digest: string,
): Promise<ParityReport> {
  const inputs = model.signature?.inputs;
  if (inputs === undefined || isTensorSchema(inputs)) throw invalid("Parity needs a signature of columns");
  const columns = (inputs as readonly ColumnSpec[]).filter(isNamed);
  if (columns.length === 0 || columns.length < inputs.length) throw invalid("Parity needs a signature with names");
  const places = columns.map((column) => example.names?.indexOf(column.name) ?? -1);
  const given = Array.from({ length: example.rowCount }, (_, row) =>
    places.map((place) => (place < 0 ? null : example.columns[place]![row])),
  );
  const golden = goldenRows(given, columns);
  const ours = golden.rows.map((row): Answer => {
    const frame: Frame = { source: "table", names: golden.names, columns: row.map((cell) => [cell]), rowCount: 1 };
    try {
      return model.predict(enforceSchema(frame, inputs)).flatMap(valuesOf);
    } catch (error) {
      return { refused: messageOf(error) };
    }
  });
  const { answers, versions } = await askPython(python, folder, golden);
  if (answers.length !== golden.rows.length)
    throw invalid(`The original engine gave ${answers.length} answers to ${golden.rows.length} rows`);
  const parity = compareAnswers(golden.rows, golden.kinds, ours, answers);
  return {
    format: "esteira-parity/1",
    against: "python",
    digest,
    versions,
    tolerance,
    passed: parity.incomparable === 0 && parity.maxRelative <= tolerance,
    ...parity,
  };
}
