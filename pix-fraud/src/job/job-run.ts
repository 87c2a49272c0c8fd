import type { RunId } from "@esteira/core/ids";
import { type ActiveRun, startRun } from "@esteira/sdk/active-run";
import type { JobContext } from "./context.ts";

/** Says which job made a run: a later job knows by it the runs that nobody will end any more. */
export const JOB_TAG = "esteira.job";

export interface JobRun {
  readonly name: string;
  readonly parentRunId?: RunId;
  readonly tags?: Readonly<Record<string, string>>;
}

/** A run of this job: ended with it, whatever happens. */
export function startJobRun<T>(context: JobContext, run: JobRun, work: (run: ActiveRun) => Promise<T>): Promise<T> {
  return startRun(
    {
      client: context.client,
      experimentId: context.experimentId,
      runName: run.name,
      user: context.user,
      ...(run.parentRunId === undefined ? {} : { parentRunId: run.parentRunId }),
      tags: { ...(context.jobId === undefined ? {} : { [JOB_TAG]: context.jobId }), ...run.tags },
      signal: context.signal,
      clock: context.clock,
    },
    work,
  );
}
