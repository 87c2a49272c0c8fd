import type { Decision } from "@esteira/models/decisions/decision";
import type { DecisionLog } from "@esteira/models/decisions/decision-log";
import type { DecisionRecord } from "./decision-service.ts";
import type { FraudModel } from "./fraud-model.ts";
import type { ServiceIdentity } from "./routes.ts";

/** Which decisions are recorded: all, or those that hold a transfer. */
export type KeptDecisions = "all" | "held";

export interface DecisionKeeping {
  readonly log: Pick<DecisionLog, "write">;
  readonly kept: KeptDecisions;
}

/** Whom a transfer is about. */
export interface Parties {
  readonly payer: string;
  readonly payee: string;
}

export type KeepDecision = (record: DecisionRecord, parties: Parties, milliseconds: number) => void;

/** Writes what the service decides into the records. Payer and payee are its subjects: either may have it erased. */
export function decisionKeeper(
  { log, kept }: DecisionKeeping,
  { digest, names, weightFactor }: Pick<FraudModel, "digest" | "names" | "weightFactor">,
  { modelName, modelVersion }: ServiceIdentity,
  clock: () => number,
): KeepDecision {
  const model = { name: modelName, version: modelVersion, digest, of: "model.ubj" } as const;
  const columns = names.map((name) => ({ name, type: "f32" as const }));
  return (record, { payer, payee }, latencyMs) => {
    if (kept === "held" && record.decision === "allow") return;
    const decision: Decision = {
      ...{ id: record.id, at: clock(), eventAt: record.time, subjects: [payer, payee], model, columns },
      ...{ values: record.features, params: undefined, scorer: "row", prediction: record.prediction },
      ...{ oddsFactor: weightFactor, score: record.score, threshold: record.threshold, action: record.decision },
      ...{ reasons: record.reasons, latencyMs },
    };
    log.write(decision);
  };
}
