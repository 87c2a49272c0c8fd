import { mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text as readAll } from "node:stream/consumers";
import { invalid, notFound } from "@esteira/core/errors";
import type { FileKind } from "@esteira/models/batch/open-source";
import type { Progress } from "@esteira/models/batch/predict-file";
import type { ServableModel } from "@esteira/models/flavors/flavor";
import { fetchModel } from "@esteira/sdk/node/model-uri";
import { type Command, type Terminal, text, type Values } from "../command.ts";
import { ENGINE_OPTIONS, engineSettings } from "../engine-options.ts";
import { MODEL_URI } from "../model-option.ts";
import { trackingClient } from "../tracking.ts";

const INPUT_TYPES = ["csv", "json", "jsonl", "parquet"] as const;
type InputType = (typeof INPUT_TYPES)[number];
const OUTPUT_TYPES = ["json", "csv", "jsonl", "parquet"] as const;

/** Stopped by Ctrl-C, as a shell tells it. */
const INTERRUPTED = 130;
const PROGRESS_MS = 2000;

export const modelsPredict: Command = {
  name: "models predict",
  summary: "Score a file with a model; files of any size with --output-type csv, jsonl or parquet",
  options: [
    MODEL_URI,
    ...ENGINE_OPTIONS,
    { flags: "-i, --input-path <file>", summary: "rows to score; standard input when absent" },
    { flags: "-o, --output-path <file>", summary: "where the answer goes; standard output when absent" },
    {
      flags: "-t, --content-type <type>",
      summary: "csv, json in one of MLflow's payload forms, jsonl (an object a line) or parquet",
      default: "json",
    },
    {
      flags: "--output-type <type>",
      summary:
        'json is MLflow\'s {"predictions": ...}; csv, jsonl and parquet have a row for each row, and go on after a stop',
    },
    { flags: "--keep <columns>", summary: "columns of the input to write before the answers, with commas between" },
  ],
  async run(values, terminal) {
    const inputType = oneOf(INPUT_TYPES, text(values, "contentType"), "--content-type");
    const isText = inputType === "csv" || inputType === "json";
    const outputType = oneOf(
      OUTPUT_TYPES,
      text(values, "outputType") ?? (isText ? "json" : inputType),
      "--output-type",
    );
    const scratch = await mkdtemp(join(tmpdir(), "esteira-predict-"));
    try {
      const folder = await fetchModel(text(values, "modelUri") ?? "", scratch, () => trackingClient(terminal));
      return outputType === "json"
        ? await predictPayload(folder, inputType, values, terminal)
        : await predictRows(folder, inputType, outputType, values, terminal);
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  },
};

async function open(folder: string, values: Values, terminal: Terminal): Promise<ServableModel> {
  const { openModel } = await import("@esteira/models/flavors/open-model");
  return openModel(folder, {
    ...engineSettings(values, terminal.env),
    note: terminal.note,
    onPrint: (line) => terminal.note(`python: ${line}`),
  });
}

/** The whole input as one request of MLflow's protocol. */
async function predictPayload(folder: string, type: InputType, values: Values, terminal: Terminal): Promise<number> {
  if (type !== "csv" && type !== "json") {
    throw invalid(`--output-type json takes csv or json: give csv, jsonl or parquet for rows of ${type}.`);
  }
  if (text(values, "keep") !== undefined) {
    throw invalid("--keep needs an output with rows: give --output-type csv, jsonl or parquet.");
  }
  const input = text(values, "inputPath");
  const output = text(values, "outputPath");
  const body = input === undefined ? await readAll(process.stdin) : await readInput(input);
  const { answerBody } = await import("@esteira/models/serving/invocation");
  const model = await open(folder, values, terminal);
  const answer = await answerBody(model, type, body).finally(() => model.close?.());
  if (output === undefined) terminal.out(answer);
  else {
    // A reader of the output sees all of it, or none.
    await writeFile(`${output}.partial`, `${answer}\n`);
    await rename(`${output}.partial`, output);
  }
  return 0;
}

async function predictRows(
  folder: string,
  inputType: InputType,
  outputKind: FileKind,
  values: Values,
  terminal: Terminal,
): Promise<number> {
  const input = text(values, "inputPath");
  const output = text(values, "outputPath");
  if (input === undefined || output === undefined) {
    throw invalid(`--output-type ${outputKind} reads and writes files: give --input-path and --output-path.`);
  }
  if (inputType === "json") throw invalid("Rows of JSON come one a line: give --content-type jsonl, csv or parquet.");
  const { modelDigest } = await import("@esteira/models/format/digest");
  const { predictFile } = await import("@esteira/models/batch/predict-file");
  const stop = new AbortController();
  void terminal.interrupted().then(() => stop.abort());
  const started = performance.now();
  const tell = teller(started, terminal.note);
  const model = await open(folder, values, terminal);
  const done = await predictFile({
    model,
    modelDigest: await modelDigest(folder),
    input,
    inputKind: inputType,
    output,
    outputKind,
    keep: (text(values, "keep") ?? "").split(",").filter((name) => name !== ""),
    signal: stop.signal,
    onProgress: tell,
  }).finally(() => model.close?.());
  if (!done.isComplete) {
    terminal.note(`Stopped after ${count(done.rows)} rows: the same command goes on from there.`);
    return INTERRUPTED;
  }
  terminal.note(
    `${count(done.rows)} rows in ${output}${done.resumed > 0 ? `, ${count(done.resumed)} of them from before` : ""}; ${pace(done, started)}.`,
  );
  return 0;
}

const count = (rows: number): string => rows.toLocaleString("en");

function pace({ rows, resumed }: Progress, started: number): string {
  const seconds = (performance.now() - started) / 1000;
  return `${seconds.toFixed(1)} s, ${count(Math.round((rows - resumed) / Math.max(seconds, 1e-3)))} rows/s`;
}

/** A line every few seconds, and none for what is done at once. */
function teller(started: number, note: (line: string) => void): (progress: Progress) => void {
  let told = started;
  return (progress) => {
    const now = performance.now();
    if (now - told < PROGRESS_MS) return;
    told = now;
    const { rows, total } = progress;
    const share = total === undefined ? "" : ` of ${count(total)} (${Math.floor((100 * rows) / total)} %)`;
    note(`${count(rows)}${share} rows, ${pace(progress, started)}`);
  };
}

function oneOf<T extends string>(known: readonly T[], given: string | undefined, flag: string): T {
  const found = known.find((item) => item === given);
  if (found === undefined) throw invalid(`${flag} is '${given}': expected one of ${known.join(", ")}.`);
  return found;
}

async function readInput(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw notFound(
      `The input '${path}' cannot be read (${error instanceof Error && "code" in error ? error.code : error}).`,
    );
  }
}
