import { expect, it } from "vitest";
import type { ActiveRun } from "./active-run.ts";
import { type AutologInput, autolog } from "./autolog.ts";

/** A trainer that "trains" a threshold in two rounds: enough shape to see what is logged and when. */
const trainer = {
  name: "threshold",
  async train(input: AutologInput & { note: string }) {
    input.onRound?.(0, { "validation-aucpr": 0.2 });
    input.onRound?.(1, { "validation-aucpr": 0.3 });
    return {
      bestIteration: 1,
      rounds: 2,
      resolvedParams: { ...input.params, objective: "binary:logistic" },
      importance: [{ feature: "amount", gain: 2, weight: 1 }],
      note: input.note,
    };
  },
};

it("logs params, rounds, the best round and importance, and leaves input and model as they are", async () => {
  const seen: unknown[] = [];
  const run: Pick<ActiveRun, "logMetrics" | "logParams" | "logArtifact"> = {
    logMetrics: (values, step) => void seen.push(["metrics", values, step]),
    logParams: async (params) => void seen.push(["params", params]),
    logArtifact: async (path, content) => void seen.push(["artifact", path, JSON.parse(String(content))]),
  };
  const rounds: number[] = [];
  const model = await autolog(trainer, run).train({
    params: { eta: 0.1 },
    train: { rows: 10, featureNames: ["amount"] },
    seed: 7,
    note: "kept",
    onRound: (round) => void rounds.push(round),
  });
  expect(model.note).toBe("kept");
  expect(rounds).toEqual([0, 1]);
  expect(seen).toEqual([
    ["metrics", { "validation-aucpr": 0.2 }, 0],
    ["metrics", { "validation-aucpr": 0.3 }, 1],
    [
      "params",
      {
        eta: 0.1,
        objective: "binary:logistic",
        trainer: "threshold",
        "data.train_rows": 10,
        "data.features": 1,
        seed: 7,
      },
    ],
    ["metrics", { best_iteration: 1, stopped_iteration: 1 }, undefined],
    ["artifact", "feature_importance_gain.json", { amount: 2 }],
    ["artifact", "feature_importance_weight.json", { amount: 1 }],
  ]);
});
