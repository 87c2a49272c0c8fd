import { experimentId } from "@esteira/core/ids";
import { openStore } from "../open.ts";

/** Run by the crash test as a process of its own: logs from many sides at once, and prints what was acknowledged. */
const store = await openStore({ uri: `sqlite:///${process.argv[2] ?? ""}`, artifactRoot: "mlflow-artifacts:/" });
await Promise.all(
  Array.from({ length: 8 }, async (_, writer) => {
    const run = await store.createRun({
      experimentId: experimentId("0"),
      userId: "",
      runName: `writer ${writer}`,
      startTime: 0,
      tags: [],
    });
    for (let step = 0; ; step++) {
      const at = { timestamp: 1, step };
      await store.logBatch(run.info.runId, {
        metrics: [
          { key: "a", value: step, ...at },
          { key: "b", value: step, ...at },
        ],
        params: [],
        tags: [],
      });
      process.stdout.write(`${run.info.runId} ${step}\n`);
    }
  }),
);
