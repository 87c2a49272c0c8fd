import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { experimentId } from "@esteira/core/ids";
import { expect, test } from "vitest";
import { openStore } from "../open.ts";

const MOST_BYTES = 60 * 1024 * 1024;

test("the log is folded into the file while writing goes on, so it does not grow with what is written", async () => {
  const folder = await mkdtemp(join(tmpdir(), "esteira-checkpoints-"));
  const file = join(folder, "test.db");
  const store = await openStore({ uri: `sqlite:///${file}`, artifactRoot: "mlflow-artifacts:/" });
  try {
    const { info } = await store.createRun({ experimentId: experimentId("0"), userId: "", startTime: 1, tags: [] });
    const sizeOf = async (name: string) => (await stat(name)).size;
    const empty = await sizeOf(file);
    const deadline = Date.now() + 60_000;
    for (let step = 0; (await sizeOf(file)) < empty + 2_000_000 && Date.now() < deadline; step++) {
      const metrics = Array.from({ length: 500 }, (_, key) => ({ key: `m${key}`, value: step, timestamp: step, step }));
      await store.logBatch(info.runId, { metrics, params: [], tags: [] });
    }
    expect(await sizeOf(file)).toBeGreaterThanOrEqual(empty + 2_000_000);
    expect(await sizeOf(`${file}-wal`)).toBeLessThan(MOST_BYTES);
  } finally {
    await store.close();
    await rm(folder, { recursive: true });
  }
}, 120_000);
