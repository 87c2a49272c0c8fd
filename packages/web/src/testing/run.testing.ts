import type { Run } from "@esteira/core/entities/run";
import { experimentId, runId } from "@esteira/core/ids";

interface Values {
  readonly metrics?: Readonly<Record<string, number>>;
  readonly params?: Readonly<Record<string, string>>;
}

/** A run for tests: what is not said has a plain value. */
export function runOf(id: string, parent?: string, values: Values = {}): Run {
  return {
    info: {
      runId: runId(id),
      experimentId: experimentId("1"),
      runName: id,
      userId: "ana",
      status: "FINISHED",
      startTime: 1_000,
      endTime: 3_500,
      artifactUri: `mlflow-artifacts:/1/${id}/artifacts`,
      lifecycleStage: "active",
    },
    data: {
      metrics: Object.entries(values.metrics ?? {}).map(([key, value]) => ({ key, value, timestamp: 0, step: 0 })),
      params: Object.entries(values.params ?? {}).map(([key, value]) => ({ key, value })),
      tags: parent === undefined ? [] : [{ key: "mlflow.parentRunId", value: parent }],
    },
    inputs: { datasets: [], models: [] },
    outputs: { models: [] },
  };
}
