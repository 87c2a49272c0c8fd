import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EXIT } from "@esteira/lifecycle/gates/verdict";
import { continueRun } from "@esteira/sdk/active-run";
import { faultText } from "../job/fault.ts";
import { stepContext, stepRun } from "./step-context.ts";
import { parseStep, type StepOptions } from "./step-options.ts";

const INTERRUPTED = 130;
const interrupt = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
  process.once(signal, () => interrupt.abort(new Error("interrupted")));

/** One step of the project in the run that its launcher has made; the last line says what came of it. */
async function runStep({ step, prepared, model, asOf, job }: StepOptions): Promise<string> {
  const { client, runId } = stepRun(process.env);
  const scratch = await mkdtemp(join(tmpdir(), "esteira-step-"));
  const note = (line: string) => void process.stderr.write(`${line}\n`);
  try {
    return await continueRun({ client, runId }, async (run) => {
      if (step === "prepare") return (await import("./prepare.ts")).prepare({ client, run, scratch }, job, asOf);
      const url = process.env.MLFLOW_TRACKING_URI ?? "";
      const context = await stepContext({ client, runId }, job, { url, scratch, signal: interrupt.signal, note });
      if (step === "train") return (await import("./train.ts")).train(run, context, prepared, note);
      return (await import("./evaluate.ts")).evaluate(run, context, { prepared, model });
    });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

try {
  process.stdout.write(`${await runStep(parseStep(process.argv.slice(2)))}\n`);
} catch (error) {
  process.stderr.write(`pix-fraud: ${interrupt.signal.aborted ? "interrupted" : faultText(error)}\n`);
  process.exitCode = interrupt.signal.aborted ? INTERRUPTED : EXIT.fault;
}
