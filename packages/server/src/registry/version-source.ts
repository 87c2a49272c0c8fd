import { isAbsolute, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { type Tag, tagValue } from "@esteira/core/entities/tag";
import { EsteiraError, invalid } from "@esteira/core/errors";
import { loggedModelId, runId } from "@esteira/core/ids";
import type { RegistryStore } from "@esteira/core/registry-store";
import type { TrackingStore } from "@esteira/core/tracking-store";
import { isInsideRoot, isProxiedUri, schemeOf } from "../artifacts/artifact-uri.ts";
import { checkNamesNoHost } from "../http/host-addressed.ts";
import { hasParentStep } from "../http/unsafe-path.ts";
import { parseModelsUri } from "./models-uri.ts";

export interface VersionSource {
  readonly source: string;
  readonly runId?: string;
  readonly modelId?: string;
}

/** Prompts have no files; their sources are these words. */
const PROMPT_SOURCES = new Set(["dummy-source", "prompt-template"]);
const PROMPT_TAG = "mlflow.prompt.is_prompt";

/**
 * Decides whether a model version may point at `source`, and completes it: a reference to another version takes over
 * that version's run and model. Whoever later downloads the version reads what the source names, so a source must lie
 * inside the artifacts of the run or model that the request names, or in an object store.
 */
export async function resolveVersionSource(
  store: RegistryStore & TrackingStore,
  request: VersionSource & { readonly tags: readonly Tag[] },
  options: { allowedHostSchemes: readonly string[] },
): Promise<VersionSource> {
  if (tagValue(request.tags, PROMPT_TAG)?.toLowerCase() === "true") return promptSource(request);
  checkNamesNoHost(request.source, "source", options.allowedHostSchemes);
  const completed = await completeFromVersion(store, request);
  const owner = completed.modelId ? "model_id" : "run_id";
  await checkSource(store, completed, owner);
  return completed;
}

function promptSource(request: VersionSource): VersionSource {
  if (!PROMPT_SOURCES.has(request.source)) {
    throw invalid(`Invalid prompt source: '${request.source}'. Prompt sources must use an MLflow placeholder.`);
  }
  return pick(request.source, request.runId, request.modelId);
}

const pick = (source: string, run: string | undefined, model: string | undefined): VersionSource => ({
  source,
  ...(run === undefined ? {} : { runId: run }),
  ...(model ? { modelId: model } : {}),
});

async function completeFromVersion(store: RegistryStore, request: VersionSource): Promise<VersionSource> {
  const { source } = request;
  if (schemeOf(source) !== "models") return pick(source, request.runId, request.modelId);
  if (source.startsWith("models://")) {
    throw invalid(
      `Invalid model version source: '${source}'. Registered model sources must use the active model registry.`,
    );
  }
  const uri = parseModelsUri(source);
  if (uri === undefined) throw notIdentified(source, "model_id");
  if (uri.kind === "id") return pick(source, request.runId, request.modelId);
  const model = await store.getRegisteredModel(uri.name);
  if (tagValue(model.tags, PROMPT_TAG)?.toLowerCase() === "true") {
    throw invalid(
      `Invalid model version source: '${source}'. Prompt versions cannot be used as model version sources.`,
    );
  }
  const version =
    uri.kind === "version"
      ? await store.getModelVersion(uri.name, uri.version)
      : uri.kind === "alias"
        ? await store.getVersionByAlias(uri.name, uri.alias)
        : await latestVersion(store, uri.name, uri.stage);
  const differs = (given: string | undefined, own: string | undefined) =>
    given !== undefined && given !== "" && given !== (own ?? "");
  if (differs(request.runId, version.runId) || differs(request.modelId, version.modelId)) {
    throw invalid(
      `Invalid model version source: '${source}'. The run_id and model_id request parameters must match the referenced model version.`,
    );
  }
  return pick(
    `models:/${uri.name}/${version.version}`,
    request.runId ?? version.runId,
    request.modelId ?? version.modelId,
  );
}

async function latestVersion(store: RegistryStore, name: string, stage: string | undefined) {
  const versions = await store.getLatestVersions(name, stage === undefined ? [] : [stage]);
  const newest = [...versions].sort((a, b) => Number(b.version) - Number(a.version))[0];
  if (newest === undefined) {
    throw new EsteiraError("RESOURCE_DOES_NOT_EXIST", `No versions of model with name '${name}' found`);
  }
  return newest;
}

async function checkSource(store: TrackingStore, version: VersionSource, owner: "run_id" | "model_id"): Promise<void> {
  const { source } = version;
  const scheme = schemeOf(source);
  // One letter is a drive, not a scheme.
  if (scheme === undefined || scheme === "file" || scheme.length === 1) {
    const root = await ownerRoot(store, version, owner);
    if (isInsideLocalRoot(source, root)) return;
    throw invalid(
      `Invalid model version source: '${root === undefined ? source : source.replace(/^file:(\/\/(localhost)?)?/i, "")}'. To use a local path as a model version source, the ${owner} request parameter has to be specified and the local path has to be contained within the artifact directory of the run specified by the ${owner}.`,
    );
  }
  if (hasParentStep(source) || /[?#;]/.test(source)) {
    throw invalid(
      `Invalid model version source: '${source}'. If supplying a source as an http, https, local file path, ftp, objectstore, or mlflow-artifacts uri, an absolute path must be provided without relative path references present. Please provide an absolute path.`,
    );
  }
  if (scheme === "runs") {
    const run = /^runs:\/([^/]+)(?:\/|$)/.exec(source)?.[1];
    if (owner === "run_id" && run !== undefined && run === version.runId) return;
    throw notIdentified(source, owner);
  }
  if (scheme === "models") {
    const uri = parseModelsUri(source);
    if (uri?.kind !== "id" || uri.id === version.modelId) return;
    throw notIdentified(source, "model_id");
  }
  if (isProxiedUri(source)) {
    const root = await ownerRoot(store, version, owner);
    if (root !== undefined && isInsideRoot(source, root)) return;
    throw notIdentified(source, owner);
  }
  if (scheme === "javascript" || scheme === "data") throw invalid(`Invalid model version source: '${source}'.`);
}

/** Where the artifacts of the named run or model lie; undefined when the request names none that exists. */
async function ownerRoot(
  store: TrackingStore,
  { runId: run, modelId: model }: VersionSource,
  owner: "run_id" | "model_id",
): Promise<string | undefined> {
  try {
    if (owner === "model_id") return (await store.getLoggedModel(loggedModelId(model ?? ""))).artifactUri;
    return run === undefined || run === "" ? undefined : (await store.getRun(runId(run))).info.artifactUri;
  } catch (error) {
    if (error instanceof EsteiraError && error.code === "RESOURCE_DOES_NOT_EXIST") return undefined;
    throw error;
  }
}

function isInsideLocalRoot(source: string, root: string | undefined): boolean {
  const rootScheme = root === undefined ? undefined : schemeOf(root);
  if (root === undefined || (rootScheme !== undefined && rootScheme !== "file") || hasParentStep(source)) return false;
  const [rootPath, path] = [localPath(root), localPath(source)];
  if (rootPath === undefined || path === undefined) return false;
  const way = relative(rootPath, path);
  return !isAbsolute(way) && way.split(/[\\/]/)[0] !== "..";
}

/** Undefined for a file URI of another machine. */
function localPath(uri: string): string | undefined {
  if (!/^file:\/\//i.test(uri)) return resolve(uri.replace(/^file:/i, ""));
  try {
    return fileURLToPath(uri);
  } catch {
    return undefined;
  }
}

const notIdentified = (source: string, parameter: string): EsteiraError =>
  invalid(
    `Invalid model version source: '${source}'. The ${parameter} request parameter must identify the resource that contains the source.`,
  );
