import { createHash } from "node:crypto";
import type { DatasetInput } from "@esteira/core/entities/dataset";
import type { FeatureTable } from "../features/offline.ts";
import type { Span } from "../job/timeline.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { type RowRange, valuesOf } from "./rows.ts";

/** Rows of the ledger as a dataset of a run: where they came from, which they are, and a digest of what was read. */
export function datasetInput(
  ledger: Ledger,
  table: FeatureTable,
  rows: RowRange,
  span: Span,
  labels: Uint8Array,
  context: "training" | "validation" | "test",
): DatasetInput {
  const values = valuesOf(table, rows);
  const digest = createHash("sha256")
    .update(ledger.origin.digest)
    .update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
    .update(labels)
    .digest("hex")
    // MLflow keeps at most 36 characters of a digest.
    .slice(0, 32);
  const frauds = labels.reduce((sum, label) => sum + label, 0);
  return {
    dataset: {
      name: `ledger-${context}`,
      digest,
      sourceType: ledger.origin.kind === "simulated" ? "code" : "local",
      source: JSON.stringify({ ...ledger.origin.source, ledgerDigest: ledger.origin.digest }),
      schema: JSON.stringify({
        mlflow_colspec: [
          ...table.names.map((name) => ({ type: "double", name, required: false })),
          { type: "long", name: "fraud", required: true },
        ],
      }),
      profile: JSON.stringify({
        num_rows: labels.length,
        num_frauds: frauds,
        from: new Date(span.from).toISOString(),
        to: new Date(span.to).toISOString(),
      }),
    },
    tags: [{ key: "mlflow.data.context", value: context }],
  };
}
