import { stat } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { invalid, notFound } from "@esteira/core/errors";
import { loggedModelId, runId } from "@esteira/core/ids";
import type { Client } from "../client.ts";
import { downloadFolder } from "./folder.ts";

/** Where a model is, in MLflow's spelling. */
export type ModelUri =
  | { readonly kind: "folder"; readonly folder: string }
  | { readonly kind: "logged"; readonly modelId: string }
  | { readonly kind: "version"; readonly name: string; readonly version: string }
  | { readonly kind: "alias"; readonly name: string; readonly alias: string }
  | { readonly kind: "stage"; readonly name: string; readonly stage: string }
  | { readonly kind: "run"; readonly runId: string; readonly path: string };

const FORMS =
  "a folder, models:/NAME/VERSION, models:/NAME@ALIAS, models:/NAME/STAGE, models:/m-ID or runs:/RUN_ID/PATH";

export function parseModelUri(uri: string): ModelUri {
  const models = /^models:\/+(.+)$/.exec(uri)?.[1];
  if (models !== undefined) {
    if (/^m-[0-9a-f]{32}$/.test(models)) return { kind: "logged", modelId: models };
    const alias = /^([^/@]+)@([\w-]+)$/.exec(models);
    if (alias) return { kind: "alias", name: alias[1] ?? "", alias: alias[2] ?? "" };
    const slash = /^([^/]+)\/([^/]+)$/.exec(models);
    if (slash) {
      const [, name = "", last = ""] = slash;
      return /^\d+$/.test(last) ? { kind: "version", name, version: last } : { kind: "stage", name, stage: last };
    }
    throw invalid(`The model URI '${uri}' is not complete: expected ${FORMS}.`);
  }
  const run = /^runs:\/+([^/]+)\/(.+)$/.exec(uri);
  if (run) return { kind: "run", runId: run[1] ?? "", path: run[2] ?? "" };
  if (uri.startsWith("file:")) return { kind: "folder", folder: fileURLToPath(uri) };
  if (/^[a-z][a-z0-9+.-]+:/i.test(uri))
    throw invalid(`The model URI '${uri}' is of a kind not known here: expected ${FORMS}.`);
  return { kind: "folder", folder: uri };
}

/** The local folder of a model: the folder itself, or a download of it into `into`. */
export async function fetchModel(uri: string, into: string, client: () => Client): Promise<string> {
  const parsed = parseModelUri(uri);
  if (parsed.kind === "folder") {
    const found = await stat(parsed.folder).catch(() => undefined);
    if (!found?.isDirectory()) throw notFound(`No model folder at '${parsed.folder}': expected ${FORMS}.`);
    return parsed.folder;
  }
  const api = client();
  await downloadFolder(api, await artifactUriOf(api, parsed), into);
  return into;
}

async function artifactUriOf(client: Client, uri: Exclude<ModelUri, { kind: "folder" }>): Promise<string> {
  switch (uri.kind) {
    case "logged":
      return (await client.loggedModels.get(loggedModelId(uri.modelId))).artifactUri;
    case "version":
      return client.modelVersions.downloadUri(uri.name, uri.version);
    case "alias": {
      const version = await client.registeredModels.getByAlias(uri.name, uri.alias);
      return client.modelVersions.downloadUri(version.name, version.version);
    }
    case "stage": {
      const [latest] = await client.registeredModels.latestVersions(uri.name, [uri.stage]);
      if (!latest) throw notFound(`The model '${uri.name}' has no version in stage '${uri.stage}'.`);
      return client.modelVersions.downloadUri(latest.name, latest.version);
    }
    case "run": {
      const run = await client.runs.get(runId(uri.runId));
      // MLflow 3 keeps a run's models apart, as logged models; older runs have them among their artifacts.
      const models = await Promise.all(run.outputs.models.map((output) => client.loggedModels.get(output.modelId)));
      const logged = models.find((model) => model.name === uri.path);
      return logged ? logged.artifactUri : `${run.info.artifactUri}/${uri.path}`;
    }
  }
}
