/** A row of the table that the handbook publishes for its baseline, on the test week. */
export interface PublishedResult {
  readonly model: string;
  /** What was trained for it. */
  readonly library: string;
  readonly aucRoc: number;
  readonly averagePrecision: number;
  readonly cardPrecision100: number;
}

/* Source: Le Borgne, Siblini, Lebichot, Bontempi: Reproducible Machine Learning for Credit Card Fraud Detection - Practical Handbook, Université libre de Bruxelles, 2022, chapter 3 */

/** Rows and frauds that the protocol must find in the published file. */
export const PUBLISHED_COUNTS = {
  train: { rows: 67_240, frauds: 598 },
  test: { rows: 58_264, frauds: 385 },
} as const;

/** Library defaults, random_state 0, standard scaling fitted on the training week. */
export const PUBLISHED_RESULTS: readonly PublishedResult[] = [
  {
    model: "logistic regression",
    library: "scikit-learn",
    aucRoc: 0.871,
    averagePrecision: 0.606,
    cardPrecision100: 0.291,
  },
  {
    model: "decision tree, depth 2",
    library: "scikit-learn",
    aucRoc: 0.763,
    averagePrecision: 0.496,
    cardPrecision100: 0.241,
  },
  {
    model: "decision tree, unlimited",
    library: "scikit-learn",
    aucRoc: 0.788,
    averagePrecision: 0.309,
    cardPrecision100: 0.243,
  },
  {
    model: "random forest",
    library: "scikit-learn, 100 trees",
    aucRoc: 0.867,
    averagePrecision: 0.658,
    cardPrecision100: 0.287,
  },
  // Defaults of version 1: with version 2 or later that is tree_method "exact" and base_score 0.5.
  {
    model: "XGBoost",
    library: "XGBoost 1, its defaults",
    aucRoc: 0.862,
    averagePrecision: 0.639,
    cardPrecision100: 0.273,
  },
  { model: "constant score", library: "none", aucRoc: 0.5, averagePrecision: 0.007, cardPrecision100: 0.017 },
];
