import type { LoggedModel } from "@esteira/core/entities/logged-model";
import type { Param, Tag } from "@esteira/core/entities/tag";
import type { LoggedModelId } from "@esteira/core/ids";
import type { ActiveRun } from "../active-run.ts";
import type { Client } from "../client.ts";
import { uploadFolder } from "./folder.ts";

/**
 * Logs a model of a run as MLflow 3 does: a LoggedModel is made, `write` fills a folder for its id, the folder is
 * uploaded, and only then the model is READY and an output of the run. A failure leaves it UPLOAD_FAILED.
 */
export async function logModel(
  client: Client,
  run: ActiveRun,
  input: { name: string; params?: readonly Param[]; tags?: readonly Tag[] },
  write: (model: LoggedModel) => Promise<string>,
): Promise<LoggedModel> {
  const model = await client.loggedModels.create({
    experimentId: run.experimentId,
    name: input.name,
    sourceRunId: run.id,
    ...(input.params ? { params: input.params } : {}),
    ...(input.tags ? { tags: input.tags } : {}),
  });
  const finalize = (id: LoggedModelId, ready: boolean) =>
    client.loggedModels.finalize(id, ready ? "LOGGED_MODEL_READY" : "LOGGED_MODEL_UPLOAD_FAILED");
  try {
    await run.logOutputs([{ modelId: model.modelId, step: 0 }]);
    await uploadFolder(client, await write(model), model.artifactUri);
  } catch (error) {
    await finalize(model.modelId, false).catch(() => undefined);
    throw error;
  }
  return finalize(model.modelId, true);
}
