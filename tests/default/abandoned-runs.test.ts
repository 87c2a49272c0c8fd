import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tagValue } from "@esteira/core/entities/tag";
import { experimentId } from "@esteira/core/ids";
import { endAbandoned, endKilled, launcherTags, wasAbandoned } from "@esteira/projects/run/launcher";
import { type Client, createClient } from "@esteira/sdk/client";
import { type RunningServer, startServer } from "@esteira/server/start";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const NOW = 1_800_000_000_000;
const MINUTE = 60_000;
const EXPERIMENT = experimentId("0");

let home: string;
let server: RunningServer;
let client: Client;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "esteira-abandoned-"));
  server = await startServer({
    ...{ host: "127.0.0.1", port: 0 },
    backendStoreUri: `sqlite:///${join(home, "tracking.db")}`,
    artifactsDestination: join(home, "artifacts"),
  });
  client = createClient({ baseUrl: server.url });
});
afterAll(async () => {
  await server.close();
  await rm(home, { recursive: true, force: true });
});

async function runWith(tags: Readonly<Record<string, string | undefined>>) {
  const list = Object.entries(tags).flatMap(([key, value]) => (value === undefined ? [] : [{ key, value }]));
  return (await client.runs.create({ experimentId: EXPERIMENT, startTime: NOW, tags: list })).info.runId;
}

const ended = (backend: string) => endAbandoned(client, { experimentId: EXPERIMENT, backend, now: NOW });

const stateOf = async (id: Awaited<ReturnType<typeof runWith>>) => {
  const { info, data } = await client.runs.get(id);
  return [info.status, wasAbandoned(data.tags)];
};

describe("a run whose launcher is gone", () => {
  it("is ended where that was another machine, or before this one was started again, after a quarter of an hour", async () => {
    const elsewhere = (minutes: number) =>
      runWith({
        "esteira.project.launcher": "another-boot/4026531836/77/12345",
        "esteira.project.alive": String(NOW - minutes * MINUTE),
      });
    const [silent, alive] = [await elsewhere(16), await elsewhere(14)];
    const mine = await runWith({ ...(await launcherTags(NOW - 60 * MINUTE)) });
    const strange = await runWith({ "esteira.project.alive": "never" });
    const others = await runWith({});
    const inContainer = await runWith({
      ...{ "esteira.project.launcher": "another-boot/4026531836/77/12345", "esteira.project.alive": "0" },
      "mlflow.project.backend": "docker",
    });
    expect(await ended("local")).toEqual([silent]);
    expect(await stateOf(silent)).toEqual(["FAILED", true]);
    for (const id of [alive, mine, strange, others, inContainer]) expect(await stateOf(id)).toEqual(["RUNNING", false]);
    expect(await ended("local")).toEqual([]);
    // Its container is ended by who can reach it.
    expect(await ended("docker")).toEqual([inContainer]);
  });

  it("is left to who has taken it up, and as it has ended", async () => {
    const launched = (by: string) => runWith({ "esteira.project.launcher": by, "esteira.project.alive": String(NOW) });
    const [left, taken, ended] = [await launched("a/1/2/3"), await launched("a/1/2/4"), await launched("a/1/2/3")];
    await client.runs.update(ended, { status: "FINISHED" });
    for (const id of [left, taken, ended]) await endKilled(client, id, "a/1/2/3", NOW);
    expect(await stateOf(left)).toEqual(["FAILED", true]);
    expect(await stateOf(taken)).toEqual(["RUNNING", false]);
    expect(await stateOf(ended)).toEqual(["FINISHED", false]);
    expect(tagValue((await client.runs.get(left)).data.tags, "esteira.failure")).toMatch(/it was killed/);
  });
});
