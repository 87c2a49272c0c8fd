import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ExperimentId } from "@esteira/core/ids";
import { type Client, createClient } from "@esteira/sdk/client";
import { type RunningServer, startServer } from "@esteira/server/start";
import { afterAll, beforeAll, expect, test } from "vitest";
import { endAbandonedRuns } from "./abandoned-runs.ts";
import { parseOptions } from "./options.ts";
import { findRegistered, isHalfPromoted, putInService } from "./promote.ts";
import { protocolOf } from "./protocol.ts";

let folder: string;
let server: RunningServer;
let client: Client;
let experimentId: ExperimentId;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "esteira-resume-"));
  server = await startServer({
    host: "127.0.0.1",
    port: 0,
    backendStoreUri: `sqlite:///${join(folder, "esteira.db")}`,
    artifactsDestination: join(folder, "artifacts"),
  });
  client = createClient({ baseUrl: server.url });
  experimentId = await client.experiments.ensure("pix-fraud");
});
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

test("runs that a killed job left RUNNING end as FAILED with the reason; other people's runs go on", async () => {
  const jobTag = [{ key: "esteira.job", value: "a" }];
  const left = await client.runs.create({ experimentId, startTime: 1, tags: jobTag });
  const model = await client.loggedModels.create({ experimentId, name: "model", sourceRunId: left.info.runId });
  await client.runs.logOutputs(left.info.runId, [{ modelId: model.modelId, step: 0 }]);
  const done = await client.runs.create({ experimentId, startTime: 1, tags: jobTag });
  await client.runs.update(done.info.runId, { status: "FINISHED", endTime: 2 });
  const foreign = await client.runs.create({ experimentId, startTime: 1 });
  for (let more = 0; more < 120; more++) await client.runs.create({ experimentId, startTime: 1, tags: jobTag });

  expect(await endAbandonedRuns(client, experimentId, 9)).toBe(121);

  const after = await client.runs.get(left.info.runId);
  expect(after.info).toMatchObject({ status: "FAILED", endTime: 9 });
  expect(after.data.tags.find(({ key }) => key === "esteira.failure")?.value).toMatch(/ended without closing it/);
  expect((await client.loggedModels.get(model.modelId)).status).toBe("LOGGED_MODEL_UPLOAD_FAILED");
  expect((await client.runs.get(done.info.runId)).info).toMatchObject({ status: "FINISHED", endTime: 2 });
  expect((await client.runs.get(foreign.info.runId)).info.status).toBe("RUNNING");
  expect(await endAbandonedRuns(client, experimentId, 9)).toBe(0);
});

test("a promotion that was interrupted at any step is seen, and ended by doing it again", async () => {
  const protocol = protocolOf(parseOptions([], false)!);
  const name = protocol.modelName;
  const { registeredModels, modelVersions } = client;
  await registeredModels.ensure({ name });
  const run = await client.runs.create({ experimentId, startTime: 1 });
  const steps = [
    () => Promise.resolve(),
    (version: string) => registeredModels.setAlias(name, "challenger", version),
    (version: string) =>
      modelVersions.transitionStage(name, version, { stage: "Staging", archiveExistingVersions: false }),
    (version: string) => registeredModels.setAlias(name, "champion", version),
    (version: string) =>
      modelVersions.transitionStage(name, version, { stage: "Production", archiveExistingVersions: true }),
  ];
  let before: string | undefined;
  for (let done = 1; done <= steps.length; done++) {
    const digest = `digest-${done}`;
    const { version } = await modelVersions.create({
      name,
      source: run.info.artifactUri,
      runId: run.info.runId,
      tags: [{ key: "esteira.model.sha256", value: digest }],
    });
    for (const step of steps.slice(0, done)) await step(version);
    const begun = await findRegistered({ client, protocol }, digest);
    expect(begun && isHalfPromoted(begun), `after step ${done}`).toBe(true);

    await putInService(client, name, version);
    const found = await findRegistered({ client, protocol }, digest);
    expect(found).toMatchObject({ version, currentStage: "Production", aliases: ["champion"] });
    expect(found && isHalfPromoted(found)).toBe(false);
    if (before !== undefined) {
      const former = await modelVersions.get(name, before);
      expect(former).toMatchObject({ currentStage: "Archived", aliases: [] });
      expect(isHalfPromoted(former)).toBe(false);
    }
    before = version;
  }
  expect(await findRegistered({ client, protocol }, "unknown")).toBeUndefined();
});
