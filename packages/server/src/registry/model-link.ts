import type { ModelVersion } from "@esteira/core/entities/registered-model";
import type { LoggedModelId } from "@esteira/core/ids";
import { pythonJson } from "@esteira/core/python-json";
import type { TrackingStore } from "@esteira/core/tracking-store";

const VERSIONS_TAG = "mlflow.modelVersions";

interface Link {
  readonly name: string;
  readonly version: number | string;
}

/** Writes into a logged model under which names and versions it is registered: a JSON list in one tag, as MLflow does. */
export async function linkVersionToModel(
  store: TrackingStore,
  model: LoggedModelId,
  version: ModelVersion,
): Promise<void> {
  const link: Link = { name: version.name, version: Number(version.version) };
  await store.changeLoggedModelTag(model, VERSIONS_TAG, (value) => {
    const links = parseLinks(value);
    const isThere = links.some(({ name, version: linked }) => name === link.name && linked === link.version);
    const all = isThere ? links : [...links, link];
    return pythonJson(all.map(({ name, version: linked }) => ({ name, version: linked })));
  });
}

function parseLinks(json: string | undefined): readonly Link[] {
  try {
    const value: unknown = JSON.parse(json ?? "[]");
    return Array.isArray(value) ? value.filter(isLink) : [];
  } catch {
    return [];
  }
}

const isLink = (value: unknown): value is Link =>
  typeof value === "object" &&
  value !== null &&
  "name" in value &&
  typeof value.name === "string" &&
  "version" in value;
