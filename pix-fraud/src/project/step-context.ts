import { userInfo } from "node:os";
import { systemClock } from "@esteira/core/clock";
import { invalid } from "@esteira/core/errors";
import { type RunId, runId } from "@esteira/core/ids";
import { locateXgboost } from "@esteira/models/engines/xgboost/library";
import { openXgboost } from "@esteira/models/engines/xgboost/native";
import { captureEnvironment } from "@esteira/sdk/node/environment";
import { clientFromEnvironment } from "@esteira/sdk/node/tracking-uri";
import type { JobContext } from "../job/context.ts";
import { readGate } from "../job/gate-step.ts";
import type { JobOptions } from "../job/options.ts";
import { protocolOf } from "../job/protocol.ts";

export interface StepRun {
  readonly client: JobContext["client"];
  readonly runId: RunId;
}

/** The server and the run that the launcher of a project names in MLflow's variables. */
export function stepRun(env: Readonly<Record<string, string | undefined>>): StepRun {
  const id = env.MLFLOW_RUN_ID;
  if (id === undefined || id === "")
    throw invalid("MLFLOW_RUN_ID is not set: a step is run by 'esteira run' or 'mlflow run', which make its run.");
  return { client: clientFromEnvironment(env), runId: runId(id) };
}

/** What the job's steps share, on a server that is there already. */
export async function stepContext(
  { client, runId: id }: StepRun,
  options: JobOptions,
  { url, scratch, signal, note }: { url: string; scratch: string; signal: AbortSignal; note: (line: string) => void },
): Promise<JobContext> {
  const protocol = protocolOf(options);
  const gate = await readGate(protocol, options.gate);
  const library = await locateXgboost({ onProgress: note, signal });
  return {
    options,
    protocol,
    gate,
    jobId: undefined,
    client,
    experimentId: (await client.runs.get(id)).info.experimentId,
    url,
    user: userInfo().username,
    environment: await captureEnvironment(process.cwd()),
    library,
    native: openXgboost(library.path),
    signal,
    scratch,
    clock: systemClock,
  };
}
