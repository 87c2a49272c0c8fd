import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Run } from "@esteira/core/entities/run";
import type { ExperimentId } from "@esteira/core/ids";
import { type Client, createClient } from "@esteira/sdk/client";
import { startServer } from "@esteira/server/start";

/** Serves a job's data folder while `work` asks. */
export async function serving<T>(data: string, work: (client: Client, url: string) => Promise<T>): Promise<T> {
  const server = await startServer({
    host: "127.0.0.1",
    port: 0,
    backendStoreUri: `sqlite:///${join(data, "esteira.db")}`,
    artifactsDestination: join(data, "artifacts"),
  });
  try {
    return await work(createClient({ baseUrl: server.url }), server.url);
  } finally {
    await server.close();
  }
}

/** All runs of the job's experiment, the earliest first. */
export async function runsOf(client: Client): Promise<readonly Run[]> {
  const experimentId = await experimentOf(client);
  const runs: Run[] = [];
  let pageToken: string | undefined;
  do {
    const page = await client.runs.search({
      experimentIds: [experimentId],
      orderBy: ["attributes.start_time ASC"],
      ...(pageToken === undefined ? {} : { pageToken }),
    });
    runs.push(...page.items);
    pageToken = page.nextPageToken;
  } while (pageToken !== undefined);
  return runs;
}

const experimentOf = (client: Client): Promise<ExperimentId> => client.experiments.ensure("pix-fraud");

/** Everything that a job has left, as flat text by name, with ids in words: what two jobs of one seed must agree on. */
export async function snapshot(data: string): Promise<Record<string, string>> {
  return serving(data, async (client) => {
    const seen: Record<string, string> = {};
    const runs = await runsOf(client);
    const words = new Map<string, string>();
    for (const run of runs) {
      const parent = tagOf(run, "mlflow.parentRunId");
      const name = parent === undefined ? run.info.runName : `${words.get(parent)}/${run.info.runName}`;
      if ([...words.values()].includes(name)) throw new Error(`Two runs are called ${name}.`);
      words.set(run.info.runId, name);
      for (const { modelId } of run.outputs.models) words.set(modelId, `${name}/model`);
      const job = tagOf(run, "esteira.job");
      if (job !== undefined) words.set(job, "job");
      // By it a request that was sent twice makes one run: another one each time.
      const request = tagOf(run, "esteira.request");
      if (request !== undefined) words.set(request, `${name}/request`);
    }
    const inWords = (text: string) => [...words].reduce((said, [id, word]) => said.replaceAll(id, word), text);

    for (const run of runs) {
      const name = words.get(run.info.runId) ?? "";
      const note = (what: string, value: unknown) => {
        seen[`${name} ${what}`] = inWords(typeof value === "string" ? value : JSON.stringify(value));
      };
      note("status", run.info.status);
      note("inputs", run.inputs);
      note("outputs", run.outputs);
      for (const { key, value } of run.data.params) note(`param ${key}`, value);
      for (const { key, value } of run.data.tags) note(`tag ${key}`, value);
      for (const { key } of run.data.metrics) {
        const { items } = await client.runs.metricHistory({ runId: run.info.runId, metricKey: key });
        note(
          `metric ${key}`,
          items.map(({ step, value }) => [step, value]),
        );
      }
      await artifacts(run.info.artifactUri, note);
      for (const { modelId } of run.outputs.models) {
        const model = await client.loggedModels.get(modelId);
        note("model", [model.name, model.status, model.params, model.tags]);
        await artifacts(model.artifactUri, (what, value) => note(`model ${what}`, value));
      }
    }
    for (const version of (await client.modelVersions.search()).items) {
      const full = await client.modelVersions.get(version.name, version.version);
      const { creationTimestamp: _made, lastUpdatedTimestamp: _changed, ...rest } = full;
      seen[`version ${version.version}`] = inWords(JSON.stringify(rest));
    }
    for (const name of await readdir(join(data, "reports")).catch(() => [])) {
      seen[`report ${name}`] = inWords(await readFile(join(data, "reports", name), "utf8"));
    }
    return seen;

    async function artifacts(uri: string, note: (what: string, value: unknown) => void): Promise<void> {
      for (const { path } of await client.artifacts.listFiles(uri)) {
        const bytes = await client.artifacts.read(uri, path);
        note(
          `artifact ${path}`,
          path.endsWith(".ubj")
            ? createHash("sha256").update(bytes).digest("hex")
            : new TextDecoder("utf-8", { fatal: true }).decode(bytes),
        );
      }
    }
  });
}

export const tagOf = (run: Run, key: string): string | undefined => run.data.tags.find((tag) => tag.key === key)?.value;
