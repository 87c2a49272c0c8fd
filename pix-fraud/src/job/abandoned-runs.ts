import type { Run } from "@esteira/core/entities/run";
import type { ExperimentId } from "@esteira/core/ids";
import type { Client } from "@esteira/sdk/client";
import { JOB_TAG } from "./job-run.ts";

const REASON =
  "The job that made this run ended without closing it: it was killed, ran out of memory, or the machine stopped.";

/**
 * Ends the runs of earlier jobs that are still RUNNING. Whoever calls this holds the data folder, so no job is left that
 * could still be working on them. Runs that others have logged to the same server are not touched.
 * @returns how many.
 */
export async function endAbandonedRuns(client: Client, experimentId: ExperimentId, now: number): Promise<number> {
  let ended = 0;
  for (;;) {
    const { items } = await client.runs.search({
      experimentIds: [experimentId],
      filter: `attributes.status = 'RUNNING' AND tags.\`${JOB_TAG}\` IS NOT NULL`,
      maxResults: 100,
    });
    if (items.length === 0) return ended;
    for (const run of items) await endRun(client, run, now);
    ended += items.length;
  }
}

async function endRun(client: Client, run: Run, now: number): Promise<void> {
  for (const { modelId } of run.outputs.models) {
    const model = await client.loggedModels.get(modelId);
    if (model.status === "LOGGED_MODEL_PENDING") {
      await client.loggedModels.finalize(modelId, "LOGGED_MODEL_UPLOAD_FAILED");
    }
  }
  await client.runs.setTag(run.info.runId, { key: "esteira.failure", value: REASON });
  await client.runs.update(run.info.runId, { status: "FAILED", endTime: now });
}
