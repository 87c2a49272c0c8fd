import { EsteiraError, invalid } from "@esteira/core/errors";
import type { RunId } from "@esteira/core/ids";
import type { RegistryStore } from "@esteira/core/registry-store";
import type { Database } from "../database/tables.ts";
import { readLoggedModel } from "../tracking/logged-models.ts";
import { holderOf } from "./alias-holder.ts";
import { findModelVersion } from "./model-version-data.ts";

type NewVersion = Parameters<RegistryStore["createModelVersion"]>[0];

/**
 * Where the bytes are, and which run made them. `models:/m-...` means a logged model, `models:/name/version` and
 * `models:/name@alias` another version; every other source is the location itself.
 */
export async function resolveSource(
  db: Database,
  input: NewVersion,
): Promise<{ storageLocation: string; runId?: RunId }> {
  const given = input.runId ? { runId: input.runId } : {};
  const loggedModel = /^models:\/+(m-[^/@]+)$/.exec(input.source)?.[1] ?? undefined;
  if (loggedModel !== undefined) {
    const model = await readSource(input.source, () => readLoggedModel(db, loggedModel));
    return { storageLocation: model.artifactUri, ...(model.sourceRunId ? { runId: model.sourceRunId } : {}), ...given };
  }
  const other = /^models:\/+([^/@]+)(?:\/(\d+)|@([^/]+))$/.exec(input.source);
  if (other !== null) {
    const [, name = "", version, alias = ""] = other;
    const storageLocation = await readSource(input.source, async () =>
      downloadUri(db, name, version === undefined ? await versionOf(db, name, alias) : Number(version)),
    );
    return { storageLocation, ...given };
  }
  if (input.source.startsWith("models:")) {
    throw invalid(
      `Invalid model version source: '${input.source}'. Expected models:/<model id>, models:/<name>/<version> or models:/<name>@<alias>.`,
    );
  }
  if (!input.runId && input.modelId) {
    const model = await readLoggedModel(db, input.modelId);
    return { storageLocation: input.source, ...(model.sourceRunId ? { runId: model.sourceRunId } : {}) };
  }
  return { storageLocation: input.source, ...given };
}

async function versionOf(db: Database, name: string, alias: string): Promise<number> {
  const version = await holderOf(db, name, alias);
  if (version === undefined) throw invalid(`Registered model alias ${alias} not found.`);
  return version;
}

async function readSource<T>(source: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof EsteiraError)) throw error;
    throw new EsteiraError(
      "INVALID_PARAMETER_VALUE",
      `Unable to fetch model from model URI source artifact location '${source}'. Error: ${error.message}`,
      { cause: error },
    );
  }
}

/** Where a version's files are. */
export async function downloadUri(db: Database, name: string, version: number): Promise<string> {
  const row = await findModelVersion(db, name, version);
  return row.storage_location || row.source || "";
}
