import { type EvaluationReport, evaluateBinary } from "@esteira/models/evaluation/evaluate";
import type { TrainingData } from "@esteira/models/training/trainer";
import type { FeatureTable } from "../features/offline.ts";
import { tableDigest } from "../features/table-digest.ts";
import type { Timeline } from "../job/timeline.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { type EvaluationRows, evaluationRows, type RowRange, rowsIn, trainingData } from "./rows.ts";

/** Everything that models are trained and judged on: the same rows and labels for all of them. */
export interface Study {
  readonly ledger: Ledger;
  readonly table: FeatureTable;
  readonly tableDigest: string;
  readonly timeline: Timeline;
  readonly rows: { readonly train: RowRange; readonly validation: RowRange; readonly test: RowRange };
  readonly train: TrainingData;
  readonly validation: TrainingData;
  readonly test: TrainingData;
  readonly validationRows: EvaluationRows;
  readonly testRows: EvaluationRows;
  /** Share of known frauds in the training rows. */
  readonly prevalence: number;
}

export function prepareStudy(ledger: Ledger, table: FeatureTable, timeline: Timeline): Study {
  const rows = {
    train: rowsIn(ledger, timeline.train),
    validation: rowsIn(ledger, timeline.validation),
    test: rowsIn(ledger, timeline.test),
  };
  const train = trainingData(ledger, table, rows.train, timeline.asOf, "training");
  return {
    ledger,
    table,
    tableDigest: tableDigest(table),
    timeline,
    rows,
    train,
    validation: trainingData(ledger, table, rows.validation, timeline.asOf, "validation"),
    test: trainingData(ledger, table, rows.test, timeline.asOf, "test"),
    validationRows: evaluationRows(ledger, rows.validation, timeline.asOf),
    testRows: evaluationRows(ledger, rows.test, timeline.asOf),
    prevalence: train.labels.reduce((sum, label) => sum + label, 0) / train.rows,
  };
}

const REPLICATES = 400;

/** Judges probabilities on the test rows, with intervals by resampled customers. */
export function judge(study: Study, scores: Float64Array, threshold: number, seed: number): EvaluationReport {
  const { labels, amounts, tieKeys, days, clusters, typology, typologyNames, slices } = study.testRows;
  return evaluateBinary({
    scores,
    labels,
    amounts,
    tieKeys,
    threshold,
    days,
    clusters,
    typology,
    typologyNames,
    slices,
    replicates: REPLICATES,
    seed,
  });
}
