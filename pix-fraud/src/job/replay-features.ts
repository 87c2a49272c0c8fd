import { Agent } from "node:http";
import { EsteiraError } from "@esteira/core/errors";
import { summariseLatency } from "@esteira/lifecycle/monitoring/latency";
import { correctOdds } from "@esteira/models/evaluation/prior-correction";
import { createScoringServer } from "@esteira/models/serving/scoring-server";
import { z } from "zod";
import { decide } from "../policy/policy.ts";
import type { FraudModel } from "../service/fraud-model.ts";
import { rowsIn, valuesOf } from "../training/rows.ts";
import type { Study } from "../training/study.ts";
import { poster } from "./poster.ts";
import { LIST, type Replay, SINGLE_REQUESTS, WARM_UP } from "./replay.ts";

const answerWire = z.object({ predictions: z.array(z.number()) });

/**
 * Serves a model by MLflow's scoring protocol and sends it the features of the live span, in order, through `/invocations`: for
 * features that the native route cannot compute from raw transfers. Decisions are made here, by the threshold in the model.
 */
export async function replayFeatures(
  study: Study,
  model: FraudModel,
  signal: AbortSignal,
  onProgress: (done: number, of: number) => void,
): Promise<Replay> {
  const rows = rowsIn(study.ledger, study.timeline.live);
  const count = rows.to - rows.from;
  const values = valuesOf(study.table, rows);
  const width = study.table.names.length;
  const scores = new Float64Array(count);
  const alerts = new Uint8Array(count);
  const latencyMs = new Float64Array(count).fill(Number.NaN);
  let parityMismatches = 0;

  const app = await createScoringServer({ model: model.loaded });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  try {
    const post = poster(await app.listen({ host: "127.0.0.1", port: 0 }), agent);
    for (let at = 0; at < count; ) {
      signal.throwIfAborted();
      const single = at < SINGLE_REQUESTS;
      const end = single ? at + 1 : Math.min(count, at + LIST);
      const row = (index: number) => values.subarray(index * width, (index + 1) * width);
      const data = Array.from({ length: end - at }, (_, index) => Array.from(row(at + index)));
      const started = performance.now();
      const answer = await post("/invocations", { dataframe_split: { columns: study.table.names, data } });
      if (single && at >= WARM_UP) latencyMs[at] = performance.now() - started;
      const { predictions } = answerWire.parse(JSON.parse(answer));
      if (predictions.length !== end - at) {
        throw new EsteiraError(
          "INTERNAL_ERROR",
          `/invocations was sent ${end - at} rows and answered ${predictions.length} predictions.`,
        );
      }
      for (const served of predictions) {
        if (Math.fround(served) !== Math.fround(model.probability(row(at)))) parityMismatches++;
        scores[at] = correctOdds(served, model.weightFactor);
        if (decide(scores[at]!, model.threshold) !== "allow") alerts[at] = 1;
        at++;
      }
      onProgress(at, count);
    }
    return {
      rows,
      scores,
      alerts,
      threshold: model.threshold,
      latencyMs,
      latency: summariseLatency(latencyMs),
      parityMismatches,
      recorded: undefined,
      example: undefined,
    };
  } finally {
    agent.destroy();
    await app.close();
  }
}
