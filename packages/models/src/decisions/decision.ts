/** What a decision was, as a service hands it over, and what its record says of it. */

import type { Prediction } from "../flavors/flavor.ts";
import type { Params } from "../format/params.ts";

/** One thing said in both languages. */
export interface SpokenText {
  readonly en: string;
  readonly "pt-BR": string;
}

/** Why a score is high: one feature, its value as seen, and the log odds that it added. */
export interface DecisionReason {
  readonly feature: string;
  /** Null when it was not known. */
  readonly value: number | null;
  readonly contribution: number;
  readonly text: SpokenText;
}

export interface DecidingModel {
  readonly name: string;
  readonly version: string;
  /** SHA-256, 64 hexadecimal digits. */
  readonly digest: string;
  /** What the digest is of: a file of the model's folder, or the folder (`modelDigest`). */
  readonly of: "model.ubj" | "folder";
}

/** `f32` and `f64`: numbers of that precision, NaN where missing; `any`: cells as they came. */
export interface DecisionColumn {
  readonly name: string;
  readonly type: "f32" | "f64" | "any";
}

export const DECISION_ARMS = ["primary", "canary"] as const;
export type DecisionArm = (typeof DECISION_ARMS)[number];

export interface Decision {
  /** By which a person asks for it. It stays when all else that is personal is erased: it must not itself say who somebody is. */
  readonly id: string;
  /** When it was decided, and when what it is about happened; milliseconds since the epoch. */
  readonly at: number;
  readonly eventAt: number | null;
  /** Whom it is about, at most two (payer and payee): any of them may have it erased. */
  readonly subjects: readonly string[];
  readonly model: DecidingModel;
  /** Which of the deployment's models it was, where requests are split. */
  readonly arm?: DecisionArm | undefined;
  /** What the model saw, column by column. */
  readonly columns: readonly DecisionColumn[];
  readonly values: ArrayLike<unknown>;
  readonly params: Params | undefined;
  /** How the model was asked: `rowScorer.score` or `predict`. */
  readonly scorer: "row" | "table";
  readonly prediction: Prediction;
  /** The score is the prediction with its odds times this factor; null where it is the prediction itself. */
  readonly oddsFactor: number | null;
  /** What is compared with the threshold; null when the prediction is no number. */
  readonly score: number | null;
  readonly threshold: number | null;
  /** What was done; null when the caller decided by itself. */
  readonly action: string | null;
  readonly reasons: readonly DecisionReason[];
  readonly latencyMs: number | null;
}

/** Most subjects of a decision. */
export const MOST_SUBJECTS = 2;
