import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { invalid } from "@esteira/core/errors";
import type { LoadedModel } from "@esteira/models/flavors/flavor";
import { loadModel } from "@esteira/models/flavors/load-model";
import { z } from "zod";
import { CATALOGUE, featuresByName } from "../features/catalogue.ts";
import { catalogueDigest } from "../features/describe.ts";
import type { Feature } from "../features/feature.ts";

/** What the training wrote into the MLmodel for whoever serves the model. */
const metadataWire = z.object({
  esteira: z.object({
    model_sha256: z.string(),
    features_sha256: z.string(),
    utc_offset_ms: z.number(),
    threshold: z.number(),
    weight_factor: z.number().positive(),
    ledger_prevalence: z.number().positive().max(1),
    true_to_ledger_prevalence: z.number().positive(),
  }),
});

/** A packaged fraud model, ready to score one transfer at a time. */
export interface FraudModel {
  /** The same model behind MLflow's scoring protocol. */
  readonly loaded: LoadedModel;
  /** SHA-256 of the model file. */
  readonly digest: string;
  readonly features: readonly Feature[];
  readonly names: readonly string[];
  readonly utcOffset: number;
  readonly threshold: number;
  readonly weightFactor: number;
  readonly ledgerPrevalence: number;
  readonly trueToLedgerPrevalence: number;
  /** The model's raw probability. */
  probability(row: Float32Array): number;
  /** SHAP values in log odds, one a feature and the bias last. */
  contributions(row: Float32Array): Float64Array;
}

/**
 * Opens a model folder. Refuses a model whose bytes or features are not those that its training has written down.
 * `catalogue` has the definitions of its features.
 */
export async function openFraudModel(folder: string, catalogue: readonly Feature[] = CATALOGUE): Promise<FraudModel> {
  const loaded = await loadModel(folder);
  const { config, rowScorer } = loaded;
  const parsed = metadataWire.safeParse(config.metadata);
  if (!parsed.success) {
    throw invalid(
      `The model in '${folder}' carries no decision policy (metadata.esteira in its MLmodel): it was not made by the fraud training.`,
    );
  }
  const metadata = parsed.data.esteira;
  const bytes = await readFile(join(folder, "model.ubj"));
  const digest = createHash("sha256").update(bytes).digest("hex");
  if (digest !== metadata.model_sha256) {
    throw invalid(
      `The model file in '${folder}' has digest ${digest.slice(0, 12)}, its MLmodel says ${metadata.model_sha256.slice(0, 12)}: it was changed after training.`,
    );
  }
  const names = (config.signature?.inputs ?? []).map((column) => column.name ?? "");
  const features = featuresByName(names, catalogue);
  if (catalogueDigest(features) !== metadata.features_sha256) {
    throw invalid(
      `The model in '${folder}' was trained with another version of the features: train it again with this catalogue.`,
    );
  }
  if (rowScorer === undefined) throw invalid(`The model in '${folder}' does not answer one number a row.`);
  return {
    loaded,
    digest,
    features,
    names,
    utcOffset: metadata.utc_offset_ms,
    threshold: metadata.threshold,
    weightFactor: metadata.weight_factor,
    ledgerPrevalence: metadata.ledger_prevalence,
    trueToLedgerPrevalence: metadata.true_to_ledger_prevalence,
    probability: (row) => rowScorer.score(row),
    contributions: (row) => rowScorer.explain(row),
  };
}
