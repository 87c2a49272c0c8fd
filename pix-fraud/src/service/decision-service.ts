import { correctOdds } from "@esteira/models/evaluation/prior-correction";
import { createOnlineFeatures, type NamedFraud, type NamedTransfer, type OnlineFeatures } from "../features/online.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { type Decision, decide } from "../policy/policy.ts";
import { type Reason, topReasons } from "../policy/reasons.ts";
import { oddsFactor } from "../training/probabilities.ts";
import type { FraudModel } from "./fraud-model.ts";

const REASONS = 3;

/** What the service answers for one transfer, and what a decision record keeps. */
export interface DecisionRecord {
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly decision: Decision;
  /** The model's raw probability. */
  readonly prediction: number;
  /** Probability of fraud at the ledger's prevalence: what the threshold is compared with. */
  readonly score: number;
  /** The same at the prevalence of the world. */
  readonly productionProbability: number;
  readonly threshold: number;
  readonly reasons: readonly Reason[];
  /** The feature vector as served, in the model's order. Owned by the record. */
  readonly features: Float32Array;
}

/** Scores transfers in the order in which they come; each becomes part of what the next ones see. */
export interface DecisionService {
  readonly model: FraudModel;
  decide(id: string, transfer: NamedTransfer, explain: boolean): DecisionRecord;
  learn(fraud: NamedFraud): void;
  /** Makes the first rows of a ledger past, before traffic comes. */
  warm(ledger: Ledger, untilRow: number): void;
  readonly online: OnlineFeatures;
}

export function createDecisionService(model: FraudModel): DecisionService {
  const online = createOnlineFeatures({ names: model.names, utcOffset: model.utcOffset });
  const production = oddsFactor(model.ledgerPrevalence, model.trueToLedgerPrevalence);
  return {
    model,
    online,
    decide(id, transfer, explain) {
      const features = online.process(transfer, new Float32Array(model.names.length));
      const prediction = model.probability(features);
      const score = correctOdds(prediction, model.weightFactor);
      const decision = decide(score, model.threshold);
      return {
        id,
        time: transfer.time,
        decision,
        prediction,
        score,
        productionProbability: correctOdds(score, production),
        threshold: model.threshold,
        reasons:
          explain || decision !== "allow"
            ? topReasons(model.features, features, model.contributions(features), REASONS)
            : [],
        features,
      };
    },
    learn: (fraud) => online.learn(fraud),
    warm: (ledger, untilRow) => online.warm(ledger, untilRow),
  };
}
