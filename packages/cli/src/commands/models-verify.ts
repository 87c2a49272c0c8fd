import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { invalid } from "@esteira/core/errors";
import { fetchModel, parseModelUri } from "@esteira/sdk/node/model-uri";
import pc from "picocolors";
import { type Command, text } from "../command.ts";
import { MODEL_URI } from "../model-option.ts";
import { trackingClient } from "../tracking.ts";

/** Exit code of a model that is not what it says. */
const FAULTY = 2;

const MARKS = { passed: pc.green("✓"), failed: pc.red("✗"), skipped: pc.dim("-") };

export const modelsVerify: Command = {
  name: "models verify",
  summary: "Look whether a model is what it says, and whether it answers as the engine that made it",
  options: [
    MODEL_URI,
    { flags: "--digest <sha256>", summary: "the digest that the model must have" },
    {
      flags: "--against <engine>",
      summary: "python: compare with MLflow's pyfunc, which runs what the model asks Python to run",
    },
    { flags: "--python <file>", summary: "the interpreter with mlflow and the model's library", default: "python3" },
    { flags: "--tolerance <number>", summary: "how far answers may lie apart, relative", default: "1e-7" },
    { flags: "--report <file>", summary: "where the parity report goes; a folder's goes into it when absent" },
    { flags: "--json", summary: "print the result as JSON" },
  ],
  async run(values, terminal) {
    const against = text(values, "against");
    if (against !== undefined && against !== "python")
      throw invalid(`--against is '${against}': expected python, the one engine to compare with.`);
    const tolerance = Number(text(values, "tolerance"));
    if (!(tolerance >= 0)) throw invalid(`--tolerance is '${text(values, "tolerance")}': expected a number from 0.`);
    const { PARITY_FILE, verifyModel } = await import("@esteira/models/verification/verify-model");
    const uri = text(values, "modelUri") ?? "";
    const scratch = await mkdtemp(join(tmpdir(), "esteira-verify-"));
    try {
      const folder = await fetchModel(uri, scratch, () => trackingClient(terminal));
      const result = await verifyModel(folder, {
        digest: text(values, "digest"),
        python: against === undefined ? undefined : text(values, "python"),
        tolerance,
      });
      const place =
        text(values, "report") ?? (parseModelUri(uri).kind === "folder" ? join(folder, PARITY_FILE) : undefined);
      if (result.parity !== undefined && place !== undefined)
        await writeFile(place, `${JSON.stringify(result.parity, null, 2)}\n`);
      if (values.json === true) terminal.out(JSON.stringify(result, null, 2));
      else {
        for (const { name, verdict, detail } of result.checks)
          terminal.out(`${MARKS[verdict]} ${name.padEnd(9)} ${detail}`);
        if (result.parity !== undefined)
          terminal.out(
            place === undefined
              ? "The parity report is kept nowhere: name a file with --report."
              : `The parity report is in ${place}`,
          );
      }
      return result.passed ? 0 : FAULTY;
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  },
};
