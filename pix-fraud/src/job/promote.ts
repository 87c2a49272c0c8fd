import type { ModelVersion } from "@esteira/core/entities/registered-model";
import type { GateVerdict } from "@esteira/lifecycle/gates/verdict";
import type { Client } from "@esteira/sdk/client";
import type { Candidate } from "../training/candidate.ts";
import type { JobContext } from "./context.ts";
import { verdictTags } from "./gate-step.ts";

/** The version that holds the very bytes of this candidate, if an earlier job registered it. */
export async function findRegistered(
  { client, protocol }: Pick<JobContext, "client" | "protocol">,
  digest: string,
): Promise<ModelVersion | undefined> {
  const { items } = await client.modelVersions.search({
    filter: `name = '${protocol.modelName}' AND tags.\`esteira.model.sha256\` = '${digest}'`,
  });
  const found = items[0];
  // A search does not tell the aliases.
  return found && client.modelVersions.get(found.name, found.version);
}

/**
 * Registers a candidate that passed its gate, and puts it into service. The gate's evidence goes with the version. `begun` is
 * the version that an interrupted job has made of it.
 */
export async function promote(
  { client, protocol }: JobContext,
  candidate: Candidate,
  verdict: GateVerdict,
  begun?: ModelVersion,
): Promise<ModelVersion> {
  const { registeredModels, modelVersions } = client;
  const { modelName, description } = protocol;
  await registeredModels.ensure({ name: modelName, description });
  const version =
    begun ??
    (await modelVersions.create({
      name: modelName,
      source: `models:/${candidate.logged.modelId}`,
      runId: candidate.runId,
      modelId: candidate.logged.modelId,
      description: `${candidate.trainer}: AUC-PR ${candidate.test.metrics.auc_pr?.toFixed(3)} on mature labels; gate ${verdict.gate} ${verdict.outcome}.`,
      tags: Object.entries({
        "esteira.model.sha256": candidate.digest,
        "esteira.trainer": candidate.trainer,
      }).map(([key, value]) => ({ key, value })),
    }));
  for (const [key, value] of Object.entries(verdictTags(candidate, verdict))) {
    await modelVersions.setTag(modelName, version.version, { key, value });
  }
  return putInService(client, modelName, version.version);
}

/**
 * Alias `challenger` and stage Staging first, then `champion` and Production, with the former champion archived. Each step
 * may be taken twice: an interrupted promotion is ended by calling this again.
 */
export async function putInService(client: Client, modelName: string, number: string): Promise<ModelVersion> {
  const { registeredModels, modelVersions } = client;
  const { currentStage } = await modelVersions.get(modelName, number);
  await registeredModels.setAlias(modelName, "challenger", number);
  if (currentStage !== "Production") {
    await modelVersions.transitionStage(modelName, number, { stage: "Staging", archiveExistingVersions: false });
  }
  await registeredModels.setAlias(modelName, "champion", number);
  await modelVersions.transitionStage(modelName, number, { stage: "Production", archiveExistingVersions: true });
  await registeredModels.deleteAlias(modelName, "challenger");
  return modelVersions.get(modelName, number);
}

/**
 * Whether a job was interrupted while it put this version into service. The job makes versions only of what passed the gate,
 * and every one of them leaves Staging for Production in the same breath; what was in service once is Archived.
 */
export const isHalfPromoted = ({ currentStage, aliases }: ModelVersion): boolean =>
  currentStage === "None" || currentStage === "Staging" || aliases.includes("challenger");
