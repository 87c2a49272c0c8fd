import { experimentId, type RunId } from "@esteira/core/ids";
import { openStore, type Store } from "@esteira/store/open";
import { findPostgres, type PostgresCluster, startCluster } from "@esteira/store/testing/postgres-cluster";
import { query } from "@esteira/store/testing/test-database";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const postgres = await findPostgres();
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe.skipIf("missing" in postgres)("a PostgreSQL server that restarts under load", () => {
  let cluster: PostgresCluster;
  let uri: string;
  beforeAll(async () => {
    if ("missing" in postgres) return;
    cluster = await startCluster(postgres.bin);
    await cluster.createDatabase("mlflow");
    uri = cluster.uri("mlflow");
  });
  afterAll(() => cluster?.remove());
  const open = () => openStore({ uri, artifactRoot: "mlflow-artifacts:/" });

  test.each(["fast", "immediate"] as const)(
    "%s: requests wait or fail cleanly and go on; what was acknowledged stays",
    async (mode) => {
      const store = await open();
      const load = new Load(store);
      await load.start(8);
      for (let round = 0; round < 3; round++) {
        await load.progress(50);
        await cluster.stop(mode);
        await pause(200);
        await cluster.start();
      }
      await load.progress(100);
      await load.stop();
      // Only a COMMIT whose answer was lost may fail: everything else waits for the server.
      for (const fault of load.faults) {
        expect(fault).toMatchObject({
          code: "TEMPORARILY_UNAVAILABLE",
          message: expect.stringContaining("cannot be reached"),
        });
      }
      await load.expectKept(await open());
      await store.close();
    },
  );

  test("connections that were idle meanwhile are made anew", async () => {
    const store = await open();
    await store.searchExperiments({});
    await cluster.stop("fast");
    await cluster.start();
    expect((await store.searchExperiments({})).items.length).toBeGreaterThan(0);
    await query(
      cluster.uri("postgres"),
      "select pg_terminate_backend(pid) from pg_stat_activity where datname = 'mlflow'",
    );
    expect(await store.createExperiment({ name: "after", tags: [] })).toMatch(/^\d+$/);
    await store.close();
  });

  test("a server that stays away is a clear fault within seconds, and no end of the process", async () => {
    const store = await open();
    await cluster.stop("fast");
    const started = performance.now();
    const fault = await store.createExperiment({ name: "none", tags: [] }).catch((error: unknown) => error);
    expect(fault).toMatchObject({
      code: "TEMPORARILY_UNAVAILABLE",
      message: expect.stringMatching(/cannot be reached: try again/),
    });
    expect(performance.now() - started).toBeLessThan(30_000);
    await cluster.start();
    expect(await store.createExperiment({ name: "none", tags: [] })).toMatch(/^\d+$/);
    await store.close();
  });
});

/** Writers that log one step after the other, each to a run of its own. */
class Load {
  readonly faults: unknown[] = [];
  readonly #store: Store;
  readonly #acknowledged = new Map<RunId, Set<number>>();
  #running: Promise<unknown> | undefined;
  #stopped = false;

  constructor(store: Store) {
    this.#store = store;
  }

  async start(writers: number): Promise<void> {
    const runs = await Promise.all(
      Array.from({ length: writers }, async () => {
        const { info } = await this.#store.createRun({
          experimentId: experimentId("0"),
          userId: "",
          startTime: 1,
          tags: [],
        });
        return info.runId;
      }),
    );
    this.#running = Promise.all(runs.map((run) => this.#write(run)));
  }

  async #write(run: RunId): Promise<void> {
    const done = new Set<number>();
    this.#acknowledged.set(run, done);
    for (let step = 0; !this.#stopped; step++) {
      try {
        const metrics = ["a", "b"].map((key) => ({ key, value: step, timestamp: 1, step }));
        await this.#store.logBatch(run, { metrics, params: [], tags: [] });
        done.add(step);
      } catch (error) {
        this.faults.push(error);
      }
    }
  }

  /** Resolves when every writer has had so many more acknowledged. */
  async progress(steps: number): Promise<void> {
    const before = new Map([...this.#acknowledged].map(([run, done]) => [run, done.size]));
    const isBehind = () => [...this.#acknowledged].some(([run, done]) => done.size < (before.get(run) ?? 0) + steps);
    while (isBehind()) await pause(20);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  async expectKept(store: Store): Promise<void> {
    for (const [run, done] of this.#acknowledged) {
      const steps = async (metricKey: string) =>
        (await store.getMetricHistory({ runId: run, metricKey })).items.map(({ step }) => Number(step));
      const kept = new Set(await steps("a"));
      expect([...done].filter((step) => !kept.has(step))).toEqual([]);
      expect(await steps("b")).toEqual([...kept]);
      expect((await store.getRun(run)).data.metrics.map(({ step }) => step)).toEqual([
        Math.max(...kept),
        Math.max(...kept),
      ]);
    }
    await store.close();
  }
}
