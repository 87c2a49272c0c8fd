import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { RunEvent } from "@esteira/core/entities/run-watch";
import { runId } from "@esteira/core/ids";
import type { Int64 } from "@esteira/core/int64";
import { startRun } from "@esteira/sdk/active-run";
import { type Client, createClient } from "@esteira/sdk/client";
import { logModel } from "@esteira/sdk/node/log-model";
import { fetchModel } from "@esteira/sdk/node/model-uri";
import { everyPage } from "@esteira/sdk/search";
import { startServer } from "@esteira/server/start";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

/** One suite for the client, run against Esteira's server and, where its Python is at hand, against MLflow's own. */
function describeClient(
  peer: "Esteira" | "MLflow",
  start: (folder: string) => Promise<{ url: string; stop: () => Promise<void> }>,
) {
  describe(`client against ${peer}`, () => {
    let folder: string;
    let client: Client;
    let stop: (() => Promise<void>) | undefined;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "esteira-sdk-"));
      const running = await start(folder);
      stop = running.stop;
      client = createClient({ baseUrl: running.url });
    }, 120_000);
    afterAll(async () => {
      await stop?.();
      await rm(folder, { recursive: true, force: true });
    });

    test("one experiment and one model come of many who ask for them at once", async () => {
      const experiments = await Promise.all(Array.from({ length: 8 }, () => client.experiments.ensure("together")));
      expect(new Set(experiments).size).toBe(1);
      const models = await Promise.all(
        Array.from({ length: 8 }, () => client.registeredModels.ensure({ name: "together" })),
      );
      expect(new Set(models.map(({ creationTimestamp }) => creationTimestamp)).size).toBe(1);
    });

    test("a run keeps all that was logged, thousands of metric points included", async () => {
      const experimentId = await client.experiments.ensure("sdk");
      expect(await client.experiments.ensure("sdk")).toBe(experimentId);
      const id = await startRun({ client, experimentId, runName: "one", user: "ana" }, async (run) => {
        await run.logParams({ depth: 6, eta: 0.1, name: "pix" });
        await run.setTags({ team: "risk" });
        for (let step = 0; step < 2500; step++) run.logMetric("loss", 1 / (step + 1), step);
        run.logMetric("broken", Number.NaN);
        await run.logArtifact("notes/hello.txt", "olá");
        await run.logInputs([
          {
            dataset: { name: "ledger", digest: "abc123", sourceType: "local", source: "{}" },
            tags: [{ key: "mlflow.data.context", value: "training" }],
          },
        ]);
        return run.id;
      });
      const run = await client.runs.get(id);
      expect(run.info).toMatchObject({ status: "FINISHED", runName: "one", userId: "ana" });
      expect(Object.fromEntries(run.data.params.map((p) => [p.key, p.value]))).toEqual({
        depth: "6",
        eta: "0.1",
        name: "pix",
      });
      expect(run.data.metrics.find((metric) => metric.key === "loss")).toMatchObject({ step: 2499, value: 1 / 2500 });
      expect(run.data.metrics.find((metric) => metric.key === "broken")?.value).toBeNaN();
      expect(run.inputs.datasets[0]?.dataset.name).toBe("ledger");
      const steps = new Set<Int64>();
      for await (const point of everyPage((page) =>
        client.runs.metricHistory({ runId: id, metricKey: "loss", maxResults: 1000, ...page }),
      )) {
        steps.add(point.step);
      }
      expect(steps.size).toBe(2500);
      const wide = { key: "wide", value: 1, step: 9_007_199_254_740_993n, timestamp: 9_007_199_254_740_995n };
      await client.runs.logBatch(id, { metrics: [wide] });
      expect((await client.runs.metricHistory({ runId: id, metricKey: "wide" })).items).toEqual([wide]);
      expect(await client.artifacts.readText(run.info.artifactUri, "notes/hello.txt")).toBe("olá");
      expect(await client.artifacts.listFiles(run.info.artifactUri)).toEqual([
        { path: "notes/hello.txt", isDir: false, fileSize: 4 },
      ]);
    });

    test("a run whose work throws is FAILED with the reason; an interrupted one is KILLED", async () => {
      const experimentId = await client.experiments.ensure("failures");
      const interrupt = new AbortController();
      const fail = (signal?: AbortSignal) =>
        startRun({ client, experimentId, ...(signal ? { signal } : {}) }, async () => {
          throw new Error("the ledger has no frauds");
        });
      await expect(fail()).rejects.toThrow("the ledger has no frauds");
      interrupt.abort();
      await expect(fail(interrupt.signal)).rejects.toThrow();
      const { items } = await client.runs.search({
        experimentIds: [experimentId],
        orderBy: ["attributes.start_time ASC"],
      });
      expect(items.map((run) => run.info.status).sort()).toEqual(["FAILED", "KILLED"]);
      for (const run of items) {
        expect(run.data.tags).toContainEqual({ key: "esteira.failure", value: "the ledger has no frauds" });
      }
    });

    test("a logged model is registered, found by alias and stage, and fetched by its URI", async () => {
      const experimentId = await client.experiments.ensure("models");
      const model = await startRun({ client, experimentId }, (run) =>
        logModel(client, run, { name: "model" }, async () => {
          const made = join(folder, "made");
          await mkdir(made, { recursive: true });
          await writeFile(join(made, "MLmodel"), "flavors: {}\n");
          return made;
        }),
      );
      expect(model.status).toBe("LOGGED_MODEL_READY");
      await client.registeredModels.ensure({ name: "pix" });
      const version = await client.modelVersions.create({
        name: "pix",
        source: `models:/${model.modelId}`,
        modelId: model.modelId,
      });
      expect(await client.registeredModels.findByAlias("pix", "champion")).toBeUndefined();
      await client.registeredModels.setAlias("pix", "champion", version.version);
      expect((await client.registeredModels.findByAlias("pix", "champion"))?.version).toBe("1");
      await client.modelVersions.transitionStage("pix", "1", { stage: "Production", archiveExistingVersions: true });
      for (const uri of [
        "models:/pix@champion",
        "models:/pix/1",
        "models:/pix/Production",
        `models:/${model.modelId}`,
      ]) {
        const into = join(folder, `fetched-${uri.replaceAll(/\W/g, "-")}`);
        await fetchModel(uri, into, () => client);
        expect(await readFile(join(into, "MLmodel"), "utf8")).toBe("flavors: {}\n");
      }
    });

    test.runIf(peer === "Esteira")("Esteira's own search counts, chooses columns and gives aggregates", async () => {
      const experimentId = await client.experiments.ensure("queries");
      for (const [index, losses] of [[3, 1, 2], [5], [Number.NaN]].entries()) {
        await startRun({ client, experimentId, runName: `run ${index}` }, async (run) => {
          losses.forEach((value, step) => {
            run.logMetric("loss", value, step);
          });
          await run.logParams({ depth: index, seed: 7 });
        });
      }
      const query = {
        experimentIds: [experimentId],
        orderBy: ["min(metrics.loss)"],
        columns: ["params.depth", "min(metrics.loss)", "at(metrics.loss, 0)"],
        maxResults: 2,
        count: true,
      };
      const first = await client.runs.query(query);
      expect(first.totalCount).toBe(3);
      expect(first.items.map((run) => [run.info.runName, run.data.params, run.data.metrics])).toEqual([
        ["run 0", [{ key: "depth", value: "0" }], []],
        ["run 1", [{ key: "depth", value: "1" }], []],
      ]);
      expect(first.items[0]?.aggregates).toEqual([
        { column: "min(metrics.loss)", value: 1 },
        { column: "at(metrics.loss, 0)", value: 3 },
      ]);
      const rest = await client.runs.query({ ...query, pageToken: first.nextPageToken ?? "" });
      expect(rest.items.map((run) => [run.info.runName, run.aggregates])).toEqual([
        ["run 2", [{ column: "at(metrics.loss, 0)", value: Number.NaN }]],
      ]);
      expect(rest.nextPageToken).toBeUndefined();
      await expect(client.runs.query({ ...query, filter: "params.x =" })).rejects.toMatchObject({
        code: "INVALID_PARAMETER_VALUE",
      });
    });

    test.runIf(peer === "Esteira")("a chart's history keeps its peaks, and says what it leaves out", async () => {
      const experimentId = await client.experiments.ensure("histories");
      const id = await startRun({ client, experimentId }, async (run) => {
        for (let step = 0; step < 3000; step++) run.logMetric("loss", step === 1500 ? 99 : Math.sin(step), step);
        run.logMetric("loss", Number.NaN, 3000);
        return run.id;
      });
      const [history] = await client.runs.sampledHistories({ runIds: [id], metricKey: "loss", maxPoints: 100 });
      expect(history).toMatchObject({ runId: id, totalCount: 3001, nanCount: 1, infiniteCount: 0 });
      expect(history?.points.length).toBeLessThanOrEqual(100);
      expect(history?.points.find((point) => point.value === 99)).toMatchObject({ key: "loss", step: 1500 });
      const part = { runIds: [id], metricKey: "loss", maxPoints: 50, startStep: 10, endStep: 19 };
      expect((await client.runs.sampledHistories(part))[0]?.points).toHaveLength(10);
    });

    test.runIf(peer === "Esteira")("a run is watched from its first point to its end", async () => {
      const experimentId = await client.experiments.ensure("watched");
      const events: RunEvent[] = [];
      let watching: Promise<void> | undefined;
      await startRun({ client, experimentId, runName: "watched" }, async (run) => {
        let isWatched = (): void => {};
        const watched = new Promise<void>((resolve) => {
          isWatched = resolve;
        });
        watching = (async () => {
          for await (const event of client.runs.watch({ runIds: [run.id] })) {
            events.push(event);
            isWatched();
          }
        })();
        await watched;
        for (let step = 0; step < 20; step++) run.logMetric("loss", 1 / (step + 1), step);
        await run.setTags({ phase: "trained" });
      });
      await watching;
      expect(events[0]).toMatchObject({ kind: "run", run: { info: { runName: "watched", status: "RUNNING" } } });
      const points = events.flatMap((event) => (event.kind === "metrics" ? event.points : []));
      expect(points.map((point) => point.step)).toEqual(Array.from({ length: 20 }, (_, step) => step));
      const last = events.findLast((event) => event.kind === "run");
      expect(last).toMatchObject({ run: { info: { status: "FINISHED" } } });
      expect(last?.kind === "run" && last.run.tags).toContainEqual({ key: "phase", value: "trained" });
      expect(events.at(-1)).toEqual({ kind: "end" });
    });

    test.runIf(peer === "MLflow")("MLflow is told apart where only Esteira has the call", async () => {
      const refusal = { code: "NOT_IMPLEMENTED", message: expect.stringContaining("has no calls of Esteira's own") };
      const id = runId("0".repeat(32));
      await expect(client.runs.query({ experimentIds: [] })).rejects.toMatchObject(refusal);
      const chart = { runIds: [id], metricKey: "loss", maxPoints: 100 };
      await expect(client.runs.sampledHistories(chart)).rejects.toMatchObject(refusal);
      await expect(client.runs.watch({ runIds: [id] }).next()).rejects.toMatchObject(refusal);
    });

    test("faults carry MLflow's code and sentence", async () => {
      await expect(client.runs.get(runId("0".repeat(32)))).rejects.toMatchObject({
        code: "RESOURCE_DOES_NOT_EXIST",
        message: expect.stringContaining("0".repeat(32)),
      });
      await expect(client.runs.search({ experimentIds: [], filter: "metrics.x >" })).rejects.toMatchObject({
        code: "INVALID_PARAMETER_VALUE",
      });
    });
  });
}

describeClient("Esteira", async (folder) => {
  const running = await startServer({
    host: "127.0.0.1",
    port: 0,
    backendStoreUri: `sqlite:///${join(folder, "esteira.db")}`,
    artifactsDestination: join(folder, "artifacts"),
  });
  return { url: running.url, stop: () => running.close() };
});

const python = process.env.ESTEIRA_ORACLE_PYTHON;
if (python) {
  describeClient("MLflow", async (folder) => {
    const port = await freePort();
    const server = spawn(
      join(dirname(python), "mlflow"),
      [
        "server",
        "--port",
        String(port),
        "--workers",
        "1",
        "--backend-store-uri",
        `sqlite:///${join(folder, "mlflow.db")}`,
        "--artifacts-destination",
        join(folder, "artifacts"),
      ],
      { stdio: "ignore", detached: true },
    );
    const url = `http://127.0.0.1:${port}`;
    for (let attempt = 0; attempt < 200; attempt++) {
      const healthy = await fetch(`${url}/health`).catch(() => undefined);
      if (healthy?.ok) break;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    return {
      url,
      stop: async () => {
        const ended = once(server, "exit");
        // The server starts workers of its own: the group goes as a whole.
        if (server.pid !== undefined) process.kill(-server.pid, "SIGTERM");
        await ended;
      },
    };
  });
} else {
  test.skip("client against MLflow: skipped, ESTEIRA_ORACLE_PYTHON names no Python with MLflow 3.17.2", () => {
    expect.unreachable();
  });
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  return typeof address === "object" && address !== null ? address.port : 0;
}
