import { EsteiraError, invalid } from "@esteira/core/errors";
import type { ModelFacts } from "@esteira/deploy/image/scorer-image";
import { loadModel, PROMPT_FLAVORS } from "@esteira/models/flavors/load-model";
import { modelDigest } from "@esteira/models/format/digest";
import { readModelFolder } from "@esteira/models/format/model-folder";
import { fetchResolved, parseModelUri, resolveModel } from "@esteira/sdk/node/model-uri";
import type { Terminal } from "../command.ts";
import { holdVersion } from "../deployed-models.ts";
import { trackingClient } from "../tracking.ts";

/** A model that goes into an image. */
export interface ImageModel {
  readonly folder: string;
  readonly facts: ModelFacts;
  /** The registered version that it is, where it is one. */
  readonly registered: boolean;
}

/**
 * The model that a URI leads to now, in a folder, checked: its files are what its version says, and it can be scored without Python.
 *
 * @param scratch where a download may be put that nobody keeps
 * @param isOfPython whether Python will score it: then who builds its Python has to see that it loads
 * @throws EsteiraError INVALID_STATE where the files are not what the version's digest says, INVALID_PARAMETER_VALUE where nothing of
 * ours scores the model.
 */
export async function imageModel(
  uri: string,
  scratch: string,
  isOfPython: boolean,
  terminal: Terminal,
): Promise<ImageModel> {
  const parsed = parseModelUri(uri);
  const client = () => trackingClient(terminal);
  const resolved = await resolveModel(uri, client);
  const registered = parsed.kind === "version" || parsed.kind === "alias" || parsed.kind === "stage";
  const { name, version } = resolved;
  const folder = registered
    ? await holdVersion(client(), terminal.env, name, version)
    : await fetchResolved(resolved, scratch, client);
  const config = await readModelFolder(folder);
  const flavors = Object.keys(config.flavors);
  if (isOfPython && config.flavors.python_function === undefined)
    throw invalid(
      `The model of ${uri} has the flavors ${flavors.join(", ")}: Python scores those with python_function.`,
    );
  if (!isOfPython && !flavors.some((flavor) => PROMPT_FLAVORS.has(flavor))) {
    throw invalid(
      `The model of ${uri} has the flavors ${flavors.join(", ") || "(none)"}, and an image holds no Python and no native library: it serves models that have one of ${[...PROMPT_FLAVORS.keys()].join(", ")}. With --python it holds Python, and serves any that has python_function.`,
    );
  }
  // Loaded here, it loads there: an image that cannot serve is not built.
  if (!isOfPython) await loadModel(folder);
  const runId = registered ? (await client().modelVersions.get(name, version)).runId : config.runId;
  return {
    folder,
    registered,
    facts: {
      name,
      version,
      digest: (await modelDigest(folder)).replace(/^sha256:/, ""),
      runId: runId || undefined,
      commit: registered && runId ? await commitOf(runId, client) : undefined,
    },
  };
}

/**
 * Writes on a registered version which image was built of it: `esteira.image.digest`, and `esteira.image` (HOST/REPOSITORY@DIGEST) where it
 * can be pulled. Who may build and not write is told so, and has the image all the same.
 */
export async function recordImage(
  { registered, facts: { name, version } }: ImageModel,
  { digest, pinned }: { readonly digest: string; readonly pinned: string | undefined },
  terminal: Terminal,
): Promise<void> {
  if (!registered) return;
  const { modelVersions } = trackingClient(terminal);
  const tags = [{ key: "esteira.image.digest", value: digest }];
  if (pinned !== undefined) tags.push({ key: "esteira.image", value: pinned });
  try {
    for (const tag of tags) await modelVersions.setTag(name, version, tag);
  } catch (error) {
    if (!(error instanceof EsteiraError) || error.code !== "PERMISSION_DENIED") throw error;
    terminal.note(`Version ${version} of ${name} does not say which image is its own: ${error.message}`);
  }
}

async function commitOf(id: string, client: () => ReturnType<typeof trackingClient>): Promise<string | undefined> {
  const { runId } = await import("@esteira/core/ids");
  const run = await client()
    .runs.get(runId(id))
    .catch((error: unknown) => {
      // A version outlives its run.
      if (error instanceof EsteiraError && error.code === "RESOURCE_DOES_NOT_EXIST") return undefined;
      throw error;
    });
  return run?.data.tags.find(({ key }) => key === "mlflow.source.git.commit")?.value;
}
