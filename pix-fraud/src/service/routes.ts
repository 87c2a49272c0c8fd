import { EsteiraError } from "@esteira/core/errors";
import type { FastifyInstance } from "fastify";
import type { DecisionRecord, DecisionService } from "./decision-service.ts";
import { type DecisionKeeping, decisionKeeper } from "./keep-decisions.ts";
import { fraudWire, parseItems, toNamedFraud, toNamedTransfer, transferWire } from "./transfer-wire.ts";

export interface ServiceIdentity {
  readonly modelName: string;
  readonly modelVersion: string;
}

/**
 * The native routes beside MLflow's scoring protocol. `POST /v1/transfers` takes one raw transfer, or a list of up to 1000
 * in order of time, and answers its decision; `POST /v1/frauds` teaches the features a fraud that became known. With `keeping`,
 * decisions are recorded: on the disk normally milliseconds after the answer, and counted as late after a second.
 */
export function mountDecisionRoutes(
  app: FastifyInstance,
  service: DecisionService,
  identity: ServiceIdentity,
  onDecision?: (record: DecisionRecord, milliseconds: number) => void,
  keeping?: DecisionKeeping,
): void {
  const keep = keeping && decisionKeeper(keeping, service.model, identity, Date.now);
  const model = {
    name: identity.modelName,
    version: identity.modelVersion,
    digest: service.model.digest,
  };

  app.post("/v1/transfers", async (request) => {
    const { items, single } = parseItems(transferWire, jsonOf(request.body), "transfer");
    const answers = items.map((wire) => {
      const started = performance.now();
      const record = service.decide(wire.id, toNamedTransfer(wire), wire.explain);
      const milliseconds = performance.now() - started;
      onDecision?.(record, milliseconds);
      keep?.(record, wire, milliseconds);
      return decisionToWire(record);
    });
    return single ? { ...answers[0], model } : { decisions: answers, model };
  });

  app.post("/v1/frauds", async (request) => {
    const { items } = parseItems(fraudWire, jsonOf(request.body), "fraud");
    for (const wire of items) service.learn(toNamedFraud(wire));
    return { learned: items.length };
  });
}

/** The scoring server hands bodies over as bytes: its own routes judge their type themselves. */
function jsonOf(body: unknown): unknown {
  try {
    return JSON.parse(Buffer.isBuffer(body) ? body.toString("utf8") : "");
  } catch {
    throw new EsteiraError("BAD_REQUEST", "The body is not JSON: send one object, or a list of objects.");
  }
}

const decisionToWire = (record: DecisionRecord) => ({
  id: record.id,
  decision: record.decision,
  score: record.score,
  production_probability: record.productionProbability,
  threshold: record.threshold,
  reasons: record.reasons.map(({ feature, value, contribution, text }) => ({ feature, value, contribution, text })),
});
