import type { VisibleModels } from "./entities/access.ts";
import type { Page, SearchQuery } from "./entities/page.ts";
import type { ModelVersion, RegisteredModel, Stage } from "./entities/registered-model.ts";
import type { Tag } from "./entities/tag.ts";
import type { LoggedModelId, RunId } from "./ids.ts";
import type { Actor } from "./timeline/entry.ts";

/** The port to registered models and their versions. Same promises as TrackingStore. */
export interface RegistryStore {
  /** The same registry, for one whose name the timeline is to bear. */
  as(actor: Actor): RegistryStore;

  createRegisteredModel(input: {
    name: string;
    description?: string;
    tags: readonly Tag[];
    /** The id of the user who manages it from now on. */
    owner?: number;
  }): Promise<RegisteredModel>;
  getRegisteredModel(name: string): Promise<RegisteredModel>;
  renameRegisteredModel(name: string, newName: string): Promise<RegisteredModel>;
  updateRegisteredModel(name: string, change: { description?: string }): Promise<RegisteredModel>;
  deleteRegisteredModel(name: string): Promise<void>;
  searchRegisteredModels(query: SearchQuery & { visible?: VisibleModels }): Promise<Page<RegisteredModel>>;
  setRegisteredModelTag(name: string, tag: Tag): Promise<void>;
  deleteRegisteredModelTag(name: string, key: string): Promise<void>;
  /** With no stages: the latest version of each stage that has one. Stage names are matched without case. */
  getLatestVersions(name: string, stages: readonly string[]): Promise<readonly ModelVersion[]>;

  createModelVersion(input: {
    name: string;
    source: string;
    runId?: RunId;
    runLink?: string;
    description?: string;
    modelId?: LoggedModelId;
    tags: readonly Tag[];
  }): Promise<ModelVersion>;
  getModelVersion(name: string, version: string): Promise<ModelVersion>;
  updateModelVersion(name: string, version: string, change: { description?: string }): Promise<ModelVersion>;
  deleteModelVersion(name: string, version: string): Promise<void>;
  transitionStage(
    name: string,
    version: string,
    change: { stage: Stage; archiveExistingVersions: boolean },
  ): Promise<ModelVersion>;
  searchModelVersions(query: SearchQuery & { visible?: VisibleModels }): Promise<Page<ModelVersion>>;
  getDownloadUri(name: string, version: string): Promise<string>;
  setModelVersionTag(name: string, version: string, tag: Tag): Promise<void>;
  deleteModelVersionTag(name: string, version: string, key: string): Promise<void>;
  setAlias(name: string, alias: string, version: string): Promise<void>;
  deleteAlias(name: string, alias: string): Promise<void>;
  getVersionByAlias(name: string, alias: string): Promise<ModelVersion>;
}
