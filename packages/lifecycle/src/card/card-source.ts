import type { LoggedModel } from "@esteira/core/entities/logged-model";
import type { ModelVersion, RegisteredModel } from "@esteira/core/entities/registered-model";
import type { Run } from "@esteira/core/entities/run";
import type { LoggedModelId, RunId } from "@esteira/core/ids";
import type { Policy } from "@esteira/core/policy/policy";
import type { TimelineEntry } from "@esteira/core/timeline/entry";

/** What a card is read from: the SDK's client is one, of Esteira's server or MLflow's. */
export interface CardSource {
  readonly registeredModels: { get(name: string): Promise<RegisteredModel> };
  readonly modelVersions: {
    get(name: string, version: string): Promise<ModelVersion>;
    downloadUri(name: string, version: string): Promise<string>;
  };
  readonly runs: { get(id: RunId): Promise<Run> };
  readonly loggedModels: { get(id: LoggedModelId): Promise<LoggedModel> };
  readonly artifacts: { readText(uri: string, path: string): Promise<string> };
  readonly timeline: { history(name: string): Promise<readonly TimelineEntry[]> };
  readonly policies: { get(name: string): Promise<Policy> };
}
