import { createHash } from "node:crypto";
import type { Run } from "@esteira/core/entities/run";
import { tagValue } from "@esteira/core/entities/tag";
import { EsteiraError } from "@esteira/core/errors";
import { type RunId, runId } from "@esteira/core/ids";
import type { Client } from "@esteira/sdk/client";
import { inParallel } from "@esteira/sdk/node/parallel";
import { everyPage } from "@esteira/sdk/search";
import { z } from "zod";
import { DIFF_FILE, PACKAGES_FILE } from "../run/tracked-run.ts";
import { STEP_TAG } from "../workflow/run-workflow.ts";
import { environmentOf } from "./environment-facts.ts";
import type { CodeFacts, FileFacts, Point, RunFacts } from "./facts.ts";
import { hasVolatileKeys, keptContent } from "./kept-content.ts";

const AT_ONCE = 4;

/**
 * Reads a run from its server: its tags and params, whole histories of its metrics, and a digest of every file that it has kept; and
 * the same of the runs nested in it, under their names.
 *
 * @throws EsteiraError RESOURCE_DOES_NOT_EXIST for a run that the server does not have.
 */
export async function readFacts(client: Client, id: RunId): Promise<RunFacts> {
  const run = await client.runs.get(id);
  const facts = await factsOf(client, run);
  return (await nestedFacts(client, run)).reduce(withNested, facts);
}

async function factsOf(client: Client, run: Run): Promise<RunFacts> {
  const id = run.info.runId;
  const metrics = new Map<string, readonly Point[]>();
  await inParallel(
    run.data.metrics,
    AT_ONCE,
    async ({ key }) => void metrics.set(key, await historyOf(client, run, key)),
  );
  const files = await readFiles(client, run).catch((error: unknown) => {
    // Artifacts that are not served through the tracking server.
    if (error instanceof EsteiraError && error.code === "INVALID_PARAMETER_VALUE") return { unreadable: error.message };
    throw error;
  });
  const texts = "unreadable" in files ? new Map<string, string>() : files.texts;
  return {
    runId: id,
    runName: run.info.runName,
    status: run.info.status,
    code: codeOf(run, texts.get(DIFF_FILE)),
    params: new Map(run.data.params.map(({ key, value }) => [key, value])),
    data: dataOf(run),
    environment: environmentOf(run.data.tags, {
      environment: texts.get("environment.json"),
      packages: texts.get(PACKAGES_FILE),
      requirements: [...texts].find(([path]) => path.endsWith("/requirements.txt"))?.[1],
    }),
    metrics,
    models: "unreadable" in files ? new Map() : files.models,
    artifacts: "unreadable" in files ? new Map() : files.artifacts,
    ...("unreadable" in files ? { unreadable: files.unreadable } : {}),
  };
}

/**
 * What nested runs gave is a part of what their parent gave: by their names, those of one name in the order of their start. A step of a
 * workflow that was finished before is the run that it was taken from.
 */
async function nestedFacts(client: Client, parent: Run): Promise<readonly (readonly [string, RunFacts])[]> {
  const names = stepRuns(parent);
  const pages = everyPage((page) =>
    client.runs.search({
      experimentIds: [parent.info.experimentId],
      filter: `tags."mlflow.parentRunId" = '${parent.info.runId}'`,
      orderBy: ["attributes.start_time ASC"],
      maxResults: 1000,
      ...page,
    }),
  );
  const seen = new Map<string, number>();
  for await (const { info } of pages) {
    if (names.has(info.runId)) continue;
    const name = nestedName(info.runName);
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    names.set(info.runId, count === 1 ? name : `${name} ${count}`);
  }
  const found: (readonly [string, RunFacts])[] = [];
  for (const [id, name] of names) {
    const facts = await readFacts(client, runId(id));
    // Of two repetitions these ids are others, and mean the same step.
    const inWords = (value: string) => [...names].reduce((text, [one, word]) => text.replaceAll(one, word), value);
    found.push([name, { ...facts, params: new Map([...facts.params].map(([key, value]) => [key, inWords(value)])) }]);
  }
  return found;
}

const stepState = z.object({ run: z.string().optional() });

/** The names of a workflow's steps by the runs that did them. */
function stepRuns({ data: { tags } }: Run): Map<string, string> {
  const runs = new Map<string, string>();
  for (const { key, value } of tags) {
    if (!key.startsWith(STEP_TAG)) continue;
    const { run } = stepState.parse(JSON.parse(value));
    if (run !== undefined) runs.set(run, key.slice(STEP_TAG.length));
  }
  return runs;
}

/** A name that nobody gave is another one each time: MLflow makes them of an adjective, an animal and a number. */
const nestedName = (runName: string): string => (/^[a-z]+-[a-z]+-\d+$/.test(runName) ? "nested run" : runName);

function withNested(facts: RunFacts, [name, nested]: readonly [string, RunFacts]): RunFacts {
  const joined = <T>(own: ReadonlyMap<string, T>, more: ReadonlyMap<string, T>): ReadonlyMap<string, T> =>
    new Map([...own, ...[...more].map(([key, value]) => [`${name} › ${key}`, value] as const)]);
  const unreadable = facts.unreadable ?? nested.unreadable;
  return {
    ...facts,
    params: joined(facts.params, nested.params),
    data: joined(facts.data, nested.data),
    metrics: joined(facts.metrics, nested.metrics),
    models: joined(facts.models, nested.models),
    artifacts: joined(facts.artifacts, nested.artifacts),
    ...(unreadable === undefined ? {} : { unreadable }),
  };
}

/** A run of the server by the whole of its id. @throws EsteiraError INVALID_PARAMETER_VALUE for what is no id. */
export function givenRun(text: string): RunId {
  const id = /^(?:runs:\/+)?([\w-]+)$/.exec(text.trim())?.[1];
  if (id === undefined)
    throw new EsteiraError(
      "INVALID_PARAMETER_VALUE",
      `'${text}' is no run: expected the id of a run, such as its page shows.`,
    );
  return runId(id);
}

async function historyOf(client: Client, run: Run, metricKey: string): Promise<readonly Point[]> {
  const points: { step: bigint; at: bigint; value: number }[] = [];
  const pages = everyPage((query) =>
    client.runs.metricHistory({ runId: run.info.runId, metricKey, maxResults: 25_000, ...query }),
  );
  for await (const { step, value, timestamp } of pages)
    points.push({ step: BigInt(step), at: BigInt(timestamp), value });
  const order = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);
  return points
    .sort((a, b) => order(a.step, b.step) || order(a.at, b.at))
    .map(({ step, value }) => ({ step: String(step), value }));
}

function codeOf({ data: { tags } }: Run, diff: string | undefined): CodeFacts {
  const commit = tagValue(tags, "mlflow.source.git.commit");
  const isDirty = tagValue(tags, "esteira.git.dirty") === "true" || diff !== undefined;
  return {
    source: tagValue(tags, "mlflow.source.name"),
    entryPoint: tagValue(tags, "mlflow.project.entryPoint"),
    commit,
    remote: tagValue(tags, "mlflow.source.git.repoURL"),
    changes: commit === undefined ? undefined : isDirty ? diff : "",
    changesDigest:
      tagValue(tags, "esteira.git.diff.sha256") ?? (diff === undefined ? undefined : sha256(Buffer.from(diff))),
  };
}

function dataOf(run: Run): ReadonlyMap<string, string> {
  const data = new Map<string, string>();
  for (const { key, value } of run.data.tags) {
    const name = /^esteira\.data\.(.+)\.sha256$/.exec(key)?.[1];
    if (name !== undefined) data.set(name, value);
  }
  for (const { dataset, tags } of run.inputs.datasets) {
    const context = tagValue(tags, "mlflow.data.context");
    data.set(`dataset ${dataset.name}${context === undefined ? "" : ` (${context})`}`, dataset.digest);
  }
  return data;
}

/** Texts that say more than their digest. */
const isRead = (path: string): boolean =>
  [DIFF_FILE, PACKAGES_FILE, "environment.json"].includes(path) || path.endsWith("/requirements.txt");

async function readFiles(client: Client, run: Run) {
  const texts = new Map<string, string>();
  const artifacts = await filesOf(client, run.info.artifactUri, texts);
  const models = new Map<string, FileFacts>();
  const seen = new Set<string>();
  for (const { modelId } of run.outputs.models) {
    const { name, artifactUri } = await client.loggedModels.get(modelId);
    const root = seen.has(name) ? `${name} ${[...seen].filter((one) => one.startsWith(name)).length + 1}` : name;
    seen.add(root);
    for (const [path, facts] of await filesOf(client, artifactUri, texts, `${root}/`)) models.set(path, facts);
  }
  return { texts, artifacts, models };
}

async function filesOf(client: Client, uri: string, texts: Map<string, string>, prefix = "") {
  const listed = await client.artifacts.listFiles(uri);
  const files = new Map<string, FileFacts>();
  await inParallel(listed, AT_ONCE, async ({ path }) => {
    const name = `${prefix}${path}`;
    if (hasVolatileKeys(path)) {
      const bytes = await client.artifacts.read(uri, path);
      const { content, leftOut } = keptContent(path, Buffer.from(bytes).toString("utf8"));
      files.set(name, { bytes: bytes.length, sha256: sha256(Buffer.from(content)), leftOut });
      return;
    }
    if (isRead(name)) texts.set(name, await client.artifacts.readText(uri, path));
    files.set(name, await digestOf(client, uri, path));
  });
  return new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1)));
}

async function digestOf(client: Client, uri: string, path: string): Promise<FileFacts> {
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const chunk of (await client.artifacts.open(uri, path)).body ?? []) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { bytes, sha256: hash.digest("hex") };
}

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
