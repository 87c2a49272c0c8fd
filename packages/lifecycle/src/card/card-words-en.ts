import type { CardWords } from "./card-words.ts";

const NAMES: Readonly<Record<string, string>> = {
  auc_pr: "AUC-PR",
  auc_pr_lift: "AUC-PR over chance",
  auc_roc: "AUC-ROC",
  precision: "Precision at the threshold",
  recall: "Recall at the threshold",
  f1: "F1 at the threshold",
  false_positive_rate: "False positive rate at the threshold",
  alert_rate: "Alert rate at the threshold",
  value_recall: "Value recall at the threshold",
  brier: "Brier score",
  ece: "Calibration error (ECE)",
  expected_observed_ratio: "Expected frauds over observed",
};
const AT_BUDGET: Readonly<Record<string, string>> = { recall: "Recall", value_recall: "Value recall" };

export const englishCard: CardWords = {
  title: "Model card",
  version: "version",
  unknown: "unknown",
  none: "none",
  yes: "yes",
  no: "no",
  madeAt: (instant) => `What the registry knew at ${instant}`,

  model: "The model",
  purpose: "Purpose",
  owner: "Owner",
  useLimits: "Not to be used for",
  standing: "Stands as",
  registered: "Registered",
  trainer: "Trained by",
  flavors: "Flavors",
  inputs: "Inputs",
  size: "Size",

  data: "Data",
  dataNote: "What the run read, as it recorded it. A digest names exactly these rows.",
  rawData: "Raw data",
  digest: "Digest",
  labelsAsOf: "Labels as known at",
  maturity: "Age of the youngest label used",
  days: (count) => `${count} days`,
  features: "Features",
  dataset: "Dataset",
  use: "Use",
  rows: "Rows",
  frauds: "Frauds",
  period: "Period",

  metrics: "Metrics",
  metricsNote: (source) => `Read from ${source}. Intervals are of 95%, customers resampled.`,
  metric: "Metric",
  value: "Value",
  interval: "Interval",
  otherMetrics: (count) => `${count} more are in the card's JSON.`,
  metricName: (key) => {
    const [, kind = "", share = ""] = /^(recall|value_recall)_at_([\d.]+)pct$/.exec(key) ?? [];
    return share === "" ? (NAMES[key] ?? key) : `${AT_BUDGET[kind] ?? kind} at ${share}% alerts`;
  },

  slices: "Slices",
  slicesNote:
    "Recall at the threshold, group by group, with Wilson intervals of 95%. A wide interval says that the cases are few.",
  typologies: "Kind of fraud",
  group: "Group",
  caught: "Caught",
  recall: "Recall",
  falsePositives: "False positive rate",

  gate: "Gate",
  gateNote: (gate, instant) => `Judged by the gate ${gate} at ${instant}.`,
  check: "Check",
  found: "Found",
  status: { passed: "passed", refused: "refused", not_enough_evidence: "not enough", not_applicable: "not applicable" },
  parity: "Parity",
  parityText: ({ engine, rows, differing, ulp }) =>
    `${differing} of ${rows} answers differ from ${engine}'s; the largest distance is ${ulp} ulp.`,

  limits: "Limits",
  otherModel: "The gate's verdict is of a model with another digest: it says nothing of this version.",
  changedCode: "The code had changes that its commit does not hold.",
  threshold: ({ threshold, budget }) =>
    `An alert is a score of at least ${threshold}${budget === undefined ? "" : `, chosen for an alert budget of ${budget}`}.`,
  prevalence: ({ prevalence, world }) =>
    `Measured where ${prevalence} of the rows were frauds${world === undefined ? "" : `; in production it is about ${world}`}. Precision falls with prevalence.`,
  mature: ({ asOf, days }) =>
    `Labels are those known at ${asOf}${days === undefined ? "" : `, ${days} days after the last judged row`}. What nobody reports is no label.`,
  unproven: (title, reason) => `Not proven: ${title}. ${reason}`,
  fewCases: (groups) => `Fewer than ten frauds, so hardly judged: ${groups}.`,
  noIntervals: "The run keeps no intervals: how sure these figures are is unknown.",

  approvals: "Approvals and promotions",
  approvalsNote: "From the registry's timeline, each entry with its hash.",
  demands: ({ targets, approvals, evidence }) =>
    [
      `A policy protects ${targets}.`,
      approvals === undefined ? "" : ` It demands approvals: ${approvals}.`,
      evidence ? " It demands signed evidence of a passed gate." : "",
    ].join(""),
  noPolicy: "No policy protects this model.",
  who: "Who",
  what: "What",
  when: "When",
  noApprovals: "The timeline holds no approval and no promotion of this version.",

  lineage: "Lineage",
  lineageNote: "From raw data to what answers. Each digest names one content.",
  code: "Code",
  branch: "branch",
  environment: "Lockfile",
  run: "Run",
  loggedModel: "Logged model",
  modelDigest: "Model",
  modelVersion: "Version",
  evidence: "Evidence",
  gateDigest: "Gate",
  timelineEntry: "Timeline",
  endpoints: "Endpoints",

  missing: "What is unknown",
  missingNote: "Nothing here is guessed.",
  facts: {
    purpose: "Purpose",
    owner: "Owner",
    use_limits: "What it must not be used for",
    model_file: "MLmodel file",
    digest: "Model digest",
    run: "Run",
    datasets: "Datasets",
    evaluation: "Evaluation",
    intervals: "Intervals of the metrics",
    slices: "Slices",
    gate: "Gate's verdict",
    parity: "Parity report",
    timeline: "Timeline",
    policy: "Policy",
    endpoints: "Endpoints that serve it",
  },
  reasons: {
    not_said: "nobody has said it",
    not_kept: "the server keeps none",
    not_offered: "the server has no such thing (it is MLflow's own, or an older one)",
    not_allowed: "this user may not read it",
    not_readable: "what is there cannot be read",
  },
};
