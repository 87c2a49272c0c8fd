import { createHash } from "node:crypto";
import { writeModelFolder } from "@esteira/models/format/model-folder";
import { catalogueDigest } from "../features/describe.ts";
import { ALERT_BUDGET } from "../policy/policy.ts";
import type { Judged } from "./candidate.ts";
import type { Study } from "./study.ts";

/** What a model folder says of its making. */
export interface Making {
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** 32 hex digits. */
  readonly modelId: string;
  readonly runId?: string;
}

/**
 * Writes the model as an MLflow model: signature, example, environment, and what a caller needs to read its score. Returns
 * the SHA-256 of the model's bytes.
 */
export async function packageModel(folder: string, study: Study, judged: Judged, making: Making): Promise<string> {
  const digest = createHash("sha256").update(judged.model.modelBytes).digest("hex");
  await writeModelFolder(folder, {
    ubj: judged.model.modelBytes,
    signature: {
      // double, although the model reads float32: MLflow refuses a frame of doubles where a column says float.
      inputs: study.table.names.map((name) => ({ kind: "column", name, type: "double", required: false })),
      outputs: [{ kind: "tensor", dtype: "float32", shape: [-1] }],
    },
    inputExample: exampleRows(study),
    modelUuid: making.modelId,
    ...making,
    metadata: {
      esteira: {
        model_sha256: digest,
        trainer: judged.trainer,
        features_sha256: catalogueDigest(study.table.features),
        ledger_sha256: study.ledger.origin.digest,
        utc_offset_ms: study.ledger.utcOffset,
        threshold: judged.threshold,
        alert_budget: ALERT_BUDGET,
        weight_factor: judged.weightFactor,
        ledger_prevalence: study.prevalence,
        true_to_ledger_prevalence: study.ledger.origin.trueToLedgerPrevalence,
      },
    },
  });
  return digest;
}

/** Two honest rows and two known frauds of the test span. */
function exampleRows(study: Study) {
  const { labels, values } = study.test;
  const width = study.table.names.length;
  const pick = [0, 1].flatMap((label) => {
    const rows: number[] = [];
    for (let at = 0; at < labels.length && rows.length < 2; at++) if (labels[at] === label) rows.push(at);
    return rows;
  });
  return {
    columns: study.table.names,
    data: pick.map((at) => [...values.subarray(at * width, (at + 1) * width)]),
  };
}
