import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { invalid } from "@esteira/core/errors";
import { fetchResolved, resolveModel } from "@esteira/sdk/node/model-uri";
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
      summary:
        "python: compare with MLflow's pyfunc, which runs what the model asks Python to run; spark: with Spark's own transform; xgboost: with libxgboost, without Python",
    },
    {
      flags: "--python <file>",
      summary: "the interpreter with mlflow and the model's library; for spark, with pyspark",
      default: "python3",
    },
    { flags: "--tolerance <number>", summary: "how far answers may lie apart, relative", default: "1e-7" },
    { flags: "--report <file>", summary: "keep the parity report here too; it goes beside the model" },
    { flags: "--json", summary: "print the result as JSON" },
  ],
  async run(values, terminal) {
    const tolerance = Number(text(values, "tolerance"));
    if (!(tolerance >= 0)) throw invalid(`--tolerance is '${text(values, "tolerance")}': expected a number from 0.`);
    const { PARITY_ENGINES, PARITY_FILE } = await import("@esteira/models/verification/parity-report");
    const against = text(values, "against");
    const engine = PARITY_ENGINES.find((known) => known === against);
    if (against !== undefined && engine === undefined)
      throw invalid(`--against is '${against}': expected ${PARITY_ENGINES.join(", ")}, the engines to compare with.`);
    const { verifyModel } = await import("@esteira/models/verification/verify-model");
    const client = () => trackingClient(terminal);
    const scratch = await mkdtemp(join(tmpdir(), "esteira-verify-"));
    try {
      const resolved = await resolveModel(text(values, "modelUri") ?? "", client);
      const folder = await fetchResolved(resolved, scratch, client);
      const result = await verifyModel(folder, {
        digest: text(values, "digest"),
        against: engine && { engine, python: text(values, "python") ?? "python3" },
        tolerance,
      });
      if (values.json === true) terminal.out(JSON.stringify(result, null, 2));
      else {
        for (const { name, verdict, detail } of result.checks)
          terminal.out(`${MARKS[verdict]} ${name.padEnd(9)} ${detail}`);
      }
      if (result.parity !== undefined) {
        const report = `${JSON.stringify(result.parity, null, 2)}\n`;
        const file = text(values, "report");
        if (file !== undefined) await writeFile(file, report);
        const { location } = resolved;
        if (location.kind === "folder") await writeFile(join(folder, PARITY_FILE), report);
        else await client().artifacts.write(location.uri, PARITY_FILE, report);
        const place = `${location.kind === "folder" ? folder : location.uri}/${PARITY_FILE}`;
        if (values.json !== true) terminal.out(`The parity report is in ${place}`);
      }
      return result.passed ? 0 : FAULTY;
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  },
};
