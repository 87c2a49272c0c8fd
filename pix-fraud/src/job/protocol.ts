import type { Params, TrainerName } from "@esteira/models/training/trainer";
import { CATALOGUE } from "../features/catalogue.ts";
import type { FeatureDefinition } from "../features/feature.ts";
import { computeFeatures } from "../features/offline.ts";
import { HANDBOOK_FEATURES } from "../handbook/features.ts";
import { splitHandbook } from "../handbook/protocol.ts";
import { prepareHandbookStudy } from "../handbook/study.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { prepareStudy, type Study } from "../training/study.ts";
import type { JobOptions } from "./options.ts";
import { splitTimeline } from "./timeline.ts";

/** How the job uses a ledger: which features, which spans, which params, and what a model must prove. */
export interface Protocol {
  readonly name: "standard" | "handbook";
  /** The registered model, and what it says of itself. */
  readonly modelName: string;
  readonly description: string;
  /** A gate file beside package.json. */
  readonly gateFile: string;
  readonly catalogue: readonly FeatureDefinition[];
  /** Refuses a ledger that is too short before anything is computed. */
  check(ledger: Ledger): void;
  prepare(ledger: Ledger): Study;
  /** Params that a trainer gets instead of a search; the rounds are then not watched on other rows. */
  readonly fixedParams: Readonly<Record<TrainerName, Params>> | undefined;
  /** Whether the service can compute the features from raw transfers, or is sent them. */
  readonly served: "transfers" | "features";
  /** How the handbook's published results stand to ours: on the very rows, for reference, or not at all. */
  readonly published: "same rows" | "for reference" | undefined;
}

export function protocolOf(options: JobOptions): Protocol {
  if (options.protocol === "handbook") return HANDBOOK_PROTOCOL;
  const fromFile = options.ledger !== undefined;
  const spans = (ledger: Ledger) => splitTimeline(ledger.transfers.time[0]!, ledger.transfers.time[ledger.rows - 1]!);
  return {
    name: "standard",
    modelName: fromFile ? "ledger-fraud" : "pix-fraud",
    description: "Fraud in instant payments: probability that a transfer is fraud, at the moment of decision.",
    gateFile: fromFile ? "gate-ledger.yaml" : "gate.yaml",
    catalogue: CATALOGUE,
    check: spans,
    prepare: (ledger) => prepareStudy(ledger, computeFeatures(ledger), spans(ledger)),
    fixedParams: undefined,
    served: "transfers",
    published: options.mapping === "fdh" ? "for reference" : undefined,
  };
}

/** Library defaults, as the handbook has it: of XGBoost 1, which the published row was made with, and of our forest. */
const HANDBOOK_PROTOCOL: Protocol = {
  name: "handbook",
  modelName: "handbook-fraud",
  description:
    "Fraud in card transactions by the Fraud Detection Handbook's baseline protocol: fifteen features, one week.",
  gateFile: "gate-handbook.yaml",
  catalogue: HANDBOOK_FEATURES,
  check: (ledger) => void splitHandbook(ledger),
  prepare: prepareHandbookStudy,
  fixedParams: {
    xgboost: {
      num_boost_round: 100,
      early_stopping_rounds: 0,
      learning_rate: 0.3,
      max_depth: 6,
      tree_method: "exact",
      base_score: 0.5,
    },
    "random-forest": {},
  },
  served: "features",
  published: "same rows",
};
