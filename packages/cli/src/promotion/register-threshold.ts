/** Another threshold for a model: a version of its own, which goes the way of every version. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { invalid } from "@esteira/core/errors";
import { decisionMetadata, THRESHOLD_PATH } from "@esteira/models/format/decision-metadata";
import { modelDigest } from "@esteira/models/format/digest";
import { editMlmodel, readModelFolder, utcText } from "@esteira/models/format/model-folder";
import type { ThresholdTrial } from "@esteira/monitor/threshold/threshold-on-ledger";
import { startRun } from "@esteira/sdk/active-run";
import type { Client } from "@esteira/sdk/client";
import { logModel } from "@esteira/sdk/node/log-model";
import { fetchModel } from "@esteira/sdk/node/model-uri";
import { type Registered, registerModel } from "./register-model.ts";

export interface ThresholdChange {
  readonly trial: ThresholdTrial;
  /** Why, for whoever reads the timeline. */
  readonly reason: string;
  readonly experiment: string;
  readonly clock: () => number;
}

/**
 * Registers the version that the trial is of with the trial's threshold in its MLmodel; the model's files are the same to the byte. The trial is kept in the
 * run that logs it. Nothing is promoted: policies, gates and flows meet it as any new version, and a rollback takes it back as one.
 *
 * @throws EsteiraError INVALID_PARAMETER_VALUE where the ledger's decisions are of another model than the version's files, or nothing would change.
 */
export async function registerThreshold(
  client: Client,
  { trial, reason, experiment, clock }: ThresholdChange,
): Promise<Registered> {
  const { model, simulation } = trial;
  const { before, after } = simulation;
  const scratch = await mkdtemp(join(tmpdir(), "esteira-threshold-"));
  try {
    const folder = await fetchModel(`models:/${model.name}/${model.version}`, scratch, () => client);
    await rm(join(folder, "registered_model_meta"), { force: true });
    const said = decisionMetadata(await readModelFolder(folder)).threshold;
    if (said === after) throw invalid(`Version ${model.version} of ${model.name} has the threshold ${after} already.`);
    const digest = await modelDigest(folder);
    const experimentId = await client.experiments.ensure(experiment);
    const tags = { "esteira.kind": "threshold", "esteira.model": `models:/${model.name}/${model.version}` };
    const logged = await startRun(
      { client, experimentId, runName: `threshold-${model.name}-v${model.version}`, clock, tags },
      async (run) => {
        await run.logParams({ before, after, chosen_by: trial.chosenBy, reason, model_sha256: digest });
        run.logMetrics(changesOf(trial));
        await run.logArtifact("threshold.json", `${JSON.stringify(trial, null, 1)}\n`);
        return logModel(client, run, { name: "model" }, async ({ modelId }) => {
          await editMlmodel(folder, [
            [THRESHOLD_PATH, after],
            [["model_id"], modelId],
            [["model_uuid"], modelId],
            [["run_id"], run.id],
            [["utc_time_created"], utcText(clock())],
          ]);
          return folder;
        });
      },
    );
    return await registerModel(client, `models:/${logged.modelId}`, model.name, {
      description: `Version ${model.version} with the threshold ${after} in place of ${before}: ${reason}`,
      tags: [
        { key: "esteira.threshold", value: String(after) },
        { key: "esteira.threshold.of_version", value: model.version },
      ],
    });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Metrics of the run: what changes, a day. */
const changesOf = ({ simulation: { figures } }: ThresholdTrial): Record<string, number> =>
  Object.fromEntries(
    Object.entries(figures).flatMap(([name, figure]) =>
      figure === null ? [] : [[`change.${name}`, figure.change.value] as const],
    ),
  );
