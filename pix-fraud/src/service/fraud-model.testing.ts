import { createHash } from "node:crypto";
import { modelBytes } from "@esteira/models/engines/trees/fixtures/fixture";
import { writeModelFolder } from "@esteira/models/format/model-folder";
import { CATALOGUE } from "../features/catalogue.ts";
import { catalogueDigest } from "../features/describe.ts";

/** The features of the models that tests are made with. */
export const FEATURES = CATALOGUE.slice(0, 6);

/** A small model as the training packages it, but for what `said` says otherwise. */
export async function writeFraudModel(
  folder: string,
  said: Readonly<Record<string, unknown>> = {},
  file: "binary.ubj" | "pruned.ubj" = "binary.ubj",
): Promise<string> {
  const ubj = modelBytes(file);
  await writeModelFolder(folder, {
    ubj,
    createdAt: 0,
    modelUuid: "0".repeat(32),
    modelId: `m-${"0".repeat(32)}`,
    signature: {
      inputs: FEATURES.map(({ name }) => ({ kind: "column", name, type: "double", required: false })),
      outputs: [{ kind: "tensor", dtype: "float32", shape: [-1] }],
    },
    metadata: {
      esteira: {
        model_sha256: createHash("sha256").update(ubj).digest("hex"),
        trainer: "xgboost",
        features_sha256: catalogueDigest(FEATURES),
        ledger_sha256: "0".repeat(64),
        utc_offset_ms: -10_800_000,
        threshold: 0.5,
        alert_budget: 0.001,
        weight_factor: 1,
        ledger_prevalence: 0.001,
        true_to_ledger_prevalence: 1,
        ...said,
      },
    },
  });
  return folder;
}
