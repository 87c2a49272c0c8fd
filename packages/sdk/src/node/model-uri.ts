import { readFile, stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { invalid, notFound } from "@esteira/core/errors";
import { loggedModelId, runId } from "@esteira/core/ids";
import type { Client } from "../client.ts";

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

/** Where a model is now, and which it is: aliases and stages move. */
export interface ResolvedModel {
  readonly name: string;
  readonly version: string;
  readonly location:
    | { readonly kind: "folder"; readonly folder: string }
    | { readonly kind: "artifacts"; readonly uri: string };
}

/** Gives the client when it is needed: a model that is a local folder needs none. */
export type AskClient = () => Client | Promise<Client>;

/** The local folder of a model: the folder itself, or a download of it into `into`. */
export async function fetchModel(uri: string, into: string, client: AskClient): Promise<string> {
  return fetchResolved(await resolveModel(uri, client), into, client);
}

export async function fetchResolved({ location }: ResolvedModel, into: string, client: AskClient): Promise<string> {
  if (location.kind === "folder") return location.folder;
  // Loaded when there is something to load: a local folder is served without the client.
  const { downloadFolder } = await import("./folder.ts");
  await downloadFolder(await client(), location.uri, into);
  return into;
}

/** Throws RESOURCE_DOES_NOT_EXIST when the URI leads to nothing, INVALID_PARAMETER_VALUE when it is none. */
export async function resolveModel(uri: string, client: AskClient): Promise<ResolvedModel> {
  const parsed = parseModelUri(uri);
  if (parsed.kind === "folder") {
    const found = await stat(parsed.folder).catch(() => undefined);
    if (!found?.isDirectory()) throw notFound(`No model folder at '${parsed.folder}': expected ${FORMS}.`);
    return { ...(await downloadedFrom(parsed.folder)), location: parsed };
  }
  return resolveRemote(await client(), parsed);
}

/** A download from a registry says in a file of MLflow's which version it is; any other folder is the first of its name. */
async function downloadedFrom(folder: string): Promise<{ readonly name: string; readonly version: string }> {
  const meta = await readFile(join(folder, "registered_model_meta"), "utf8").catch(() => "");
  const field = (key: string) => new RegExp(`^${key}: *(["']?)(.+)\\1 *$`, "m").exec(meta)?.[2];
  const [name, version] = [field("model_name"), field("model_version")];
  return name !== undefined && version !== undefined
    ? { name, version }
    : { name: basename(resolve(folder)), version: "1" };
}

const at = (name: string, version: string, uri: string): ResolvedModel => ({
  name,
  version,
  location: { kind: "artifacts", uri },
});

async function resolveRemote(client: Client, uri: Exclude<ModelUri, { kind: "folder" }>): Promise<ResolvedModel> {
  const registered = async (name: string, version: string): Promise<ResolvedModel> =>
    at(name, version, await client.modelVersions.downloadUri(name, version));
  switch (uri.kind) {
    case "logged": {
      const model = await client.loggedModels.get(loggedModelId(uri.modelId));
      return at(model.name, uri.modelId, model.artifactUri);
    }
    case "version":
      return registered(uri.name, uri.version);
    case "alias": {
      const { name, version } = await client.registeredModels.getByAlias(uri.name, uri.alias);
      return registered(name, version);
    }
    case "stage": {
      const [latest] = await client.registeredModels.latestVersions(uri.name, [uri.stage]);
      if (!latest) throw notFound(`The model '${uri.name}' has no version in stage '${uri.stage}'.`);
      return registered(latest.name, latest.version);
    }
    case "run": {
      const run = await client.runs.get(runId(uri.runId));
      // MLflow 3 keeps a run's models apart, as logged models; older runs have them among their artifacts.
      const models = await Promise.all(run.outputs.models.map((output) => client.loggedModels.get(output.modelId)));
      const logged = models.find((model) => model.name === uri.path);
      return logged
        ? at(logged.name, logged.modelId, logged.artifactUri)
        : at(uri.path.split("/").at(-1) ?? uri.path, uri.runId, `${run.info.artifactUri}/${uri.path}`);
    }
  }
}
