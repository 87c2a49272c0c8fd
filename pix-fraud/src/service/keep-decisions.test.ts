import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDecisionLog } from "@esteira/models/decisions/decision-log";
import { readDecisions } from "@esteira/models/decisions/read-decision";
import { checkModel, replayDecision } from "@esteira/models/decisions/replay";
import { verifyDecisions } from "@esteira/models/decisions/verify";
import { loadModel } from "@esteira/models/flavors/load-model";
import { createScoringServer } from "@esteira/models/serving/scoring-server";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createDecisionService } from "./decision-service.ts";
import { writeFraudModel } from "./fraud-model.testing.ts";
import { openFraudModel } from "./fraud-model.ts";
import { mountDecisionRoutes } from "./routes.ts";

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "esteira-keep-decisions-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const transfer = (at: number) => ({
  ...{ id: `E${at}`, time: new Date(Date.UTC(2026, 6, 1) + at * 60_000).toISOString(), payer: `c${at % 7}` },
  ...{ payee: `shop${at % 3}`, amount: 10 + at * 3, explain: at % 2 === 0 },
});

test("what the service answers is on record, with both parties, and is the same when it is made again", async () => {
  const folder = await writeFraudModel(join(root, "model"), { weight_factor: 0.3, threshold: 0.05 });
  const decisions = join(root, "decisions");
  const log = await openDecisionLog({ folder: decisions });
  const service = createDecisionService(await openFraudModel(folder));
  const app = await createScoringServer({
    model: service.model.loaded,
    decisions: log,
    extend: (server) =>
      mountDecisionRoutes(server, service, { modelName: "pix", modelVersion: "4" }, undefined, { log, kept: "all" }),
  });
  const answer = await app.inject({
    ...{ method: "POST", url: "/v1/transfers", headers: { "content-type": "application/json" } },
    payload: Array.from({ length: 40 }, (_, at) => transfer(at)),
  });
  const { decisions: answered } = answer.json();
  const metrics = await app.inject("/metrics");
  expect(metrics.body).toContain("esteira_scoring_decisions_unrecorded_total 0");
  await app.close();
  await log.close();

  const model = await loadModel(folder);
  for (const { id, score, threshold, decision, reasons } of answered) {
    const [found] = await readDecisions(decisions, id);
    expect(found?.decision).toMatchObject({ id, score, threshold, action: decision, reasons });
    expect(found?.decision.subjects).toEqual([expect.stringMatching(/^c/), expect.stringMatching(/^shop/)]);
    expect(found?.decision.model).toEqual({ name: "pix", version: "4", digest: service.model.digest, of: "model.ubj" });
    await checkModel(folder, found!.decision);
    expect((await replayDecision(found!.decision, model)).differences).toEqual([]);
  }
  expect(answered.some(({ reasons }: { reasons: unknown[] }) => reasons.length > 0)).toBe(true);
  expect(await verifyDecisions(decisions)).toMatchObject({ decisions: 40, faults: [] });

  // Another value, another answer: the comparison is one that can fail.
  const [first] = await readDecisions(decisions, "E39");
  const changed = { ...first!.decision, score: (first!.decision.score ?? 0) + 1e-12 };
  expect((await replayDecision(changed, model)).differences).toEqual([expect.stringMatching(/^score was /)]);
  const other = await writeFraudModel(join(root, "other"), {}, "pruned.ubj");
  await expect(checkModel(other, first!.decision)).rejects.toThrow("another model says nothing of it");
});
