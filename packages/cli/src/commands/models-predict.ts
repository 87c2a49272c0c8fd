import { mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text as readAll } from "node:stream/consumers";
import { invalid, notFound } from "@esteira/core/errors";
import { fetchModel } from "@esteira/sdk/node/model-uri";
import { type Command, text } from "../command.ts";
import { MODEL_URI } from "../model-option.ts";
import { trackingClient } from "../tracking.ts";

const TYPES = ["csv", "json"] as const;

export const modelsPredict: Command = {
  name: "models predict",
  summary: "Score a file with a model",
  options: [
    MODEL_URI,
    { flags: "-i, --input-path <file>", summary: "rows to score; standard input when absent" },
    { flags: "-o, --output-path <file>", summary: "where the answer goes; standard output when absent" },
    { flags: "-t, --content-type <type>", summary: "csv, or json in one of MLflow's payload forms", default: "json" },
  ],
  async run(values, terminal) {
    const type = TYPES.find((item) => item === text(values, "contentType"));
    if (type === undefined) {
      throw invalid(`--content-type is '${text(values, "contentType")}': expected one of ${TYPES.join(", ")}.`);
    }
    const { loadModel } = await import("@esteira/models/flavors/load-model");
    const { readInvocation, writePredictions } = await import("@esteira/models/serving/invocation");
    const input = text(values, "inputPath");
    const output = text(values, "outputPath");
    const scratch = await mkdtemp(join(tmpdir(), "esteira-predict-"));
    try {
      const folder = await fetchModel(text(values, "modelUri") ?? "", scratch, () => trackingClient(terminal));
      const model = await loadModel(folder);
      const body = input === undefined ? await readAll(process.stdin) : await readInput(input);
      const asked = readInvocation(model, type, body);
      const answer = writePredictions(model.predict(asked.table, asked.params));
      if (output === undefined) terminal.out(answer);
      else {
        // A reader of the output sees all of it, or none.
        await writeFile(`${output}.partial`, `${answer}\n`);
        await rename(`${output}.partial`, output);
      }
      return 0;
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  },
};

async function readInput(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw notFound(
      `The input '${path}' cannot be read (${error instanceof Error && "code" in error ? error.code : error}).`,
    );
  }
}
