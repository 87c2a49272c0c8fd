import type { ModelVersion } from "@esteira/core/entities/registered-model";
import type { GateVerdict } from "@esteira/lifecycle/gates/verdict";
import type { Candidate } from "../training/candidate.ts";
import type { JobContext } from "./context.ts";
import { verdictTags } from "./gate-step.ts";

/** The version that holds the very bytes of this candidate, if an earlier job registered it. */
export async function findRegistered(context: JobContext, digest: string): Promise<ModelVersion | undefined> {
  const { items } = await context.client.modelVersions.search({
    filter: `name = '${context.protocol.modelName}' AND tags.\`esteira.model.sha256\` = '${digest}'`,
  });
  return items[0];
}

/**
 * Registers a candidate that passed its gate: alias `challenger` and stage Staging first, then `champion` and Production, with
 * the former champion archived. The gate's evidence goes with the version.
 */
export async function promote(context: JobContext, candidate: Candidate, verdict: GateVerdict): Promise<ModelVersion> {
  const { registeredModels, modelVersions } = context.client;
  const { modelName, description } = context.protocol;
  await registeredModels.ensure({ name: modelName, description });
  const version = await modelVersions.create({
    name: modelName,
    source: `models:/${candidate.logged.modelId}`,
    runId: candidate.runId,
    modelId: candidate.logged.modelId,
    description: `${candidate.trainer}: AUC-PR ${candidate.test.metrics.auc_pr?.toFixed(3)} on mature labels; gate ${verdict.gate} ${verdict.outcome}.`,
    tags: Object.entries({
      "esteira.model.sha256": candidate.digest,
      "esteira.trainer": candidate.trainer,
      ...verdictTags(candidate, verdict),
    }).map(([key, value]) => ({ key, value })),
  });
  const number = version.version;
  await registeredModels.setAlias(modelName, "challenger", number);
  await modelVersions.transitionStage(modelName, number, { stage: "Staging", archiveExistingVersions: false });
  await registeredModels.setAlias(modelName, "champion", number);
  await modelVersions.transitionStage(modelName, number, { stage: "Production", archiveExistingVersions: true });
  await registeredModels.deleteAlias(modelName, "challenger");
  return modelVersions.get(modelName, number);
}
