import type { Run } from "@esteira/core/entities/run";
import { tagValue } from "@esteira/core/entities/tag";
import { EsteiraError } from "@esteira/core/errors";
import type { ExperimentId } from "@esteira/core/ids";
import type { Client } from "@esteira/sdk/client";
import { fetchOutputs, type Output, outputTag } from "./outputs.ts";

/** Set by who ran the step, when all of it was done: a run without it was never whole. */
export const KEY_TAG = "esteira.step.key";
/** Runs of one key that are tried: all but the newest have been found wanting. */
const TRIED = 5;

export interface FinishedStep {
  readonly run: Run;
  readonly outputs: readonly Output[];
}

/**
 * The newest finished run with this key whose outputs are still there, to the bit as the step left them. Failed, stopped, running and
 * deleted runs do not count.
 */
export async function findFinished(
  client: Client,
  experimentId: ExperimentId,
  key: string,
  paths: readonly string[],
  { scratch, signal, note }: { scratch: string; signal: AbortSignal; note: (line: string) => void },
): Promise<FinishedStep | undefined> {
  const { items } = await client.runs.search({
    experimentIds: [experimentId],
    filter: `tags.\`${KEY_TAG}\` = '${key}' AND attributes.status = 'FINISHED'`,
    orderBy: ["start_time DESC"],
    maxResults: TRIED,
  });
  for (const run of items) {
    try {
      const outputs = await fetchOutputs(client, run.info.runId, paths, scratch, signal);
      const changed = outputs.find(({ path, digest }) => digest !== tagValue(run.data.tags, outputTag(path)));
      if (changed === undefined) return { run, outputs };
      note(`The output '${changed.path}' of run ${run.info.runId} is not what the run left there: it is not used.`);
    } catch (error) {
      if (!(error instanceof EsteiraError && error.code === "INVALID_STATE")) throw error;
      note(`${error.message} It is not used.`);
    }
  }
  return undefined;
}
