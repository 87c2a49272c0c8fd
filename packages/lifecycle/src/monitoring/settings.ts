/** Where the monitor begins to speak. Customs and assumptions of the field: make them yours. */
export interface MonitorSettings {
  /** Days after which a transfer's label counts as known for good. */
  readonly maturityDays: number;
  /** Length of a cohort, days. */
  readonly cohortDays: number;
  readonly psiWatch: number;
  readonly psiAct: number;
  readonly ksWatch: number;
  /** A move of a distribution that chance shows more often than this share of times is none, however large. */
  readonly significance: number;
  /** Local time less UTC, hours: for the hours of the week. */
  readonly offsetHours: number;
  /** Change of the share of missing values. */
  readonly missingWatch: number;
  readonly missingAct: number;
  /** A feature below this share of the model's gain cannot by itself call for action. */
  readonly importanceToAct: number;
  /** Realised alert rate / budget. */
  readonly alertRatioWatch: number;
  readonly alertRatioAct: number;
  /** Milliseconds at p99. */
  readonly latencyWatchMs: number;
  readonly latencyActMs: number;
  /** Known cases from which a typology that training never saw is reported. */
  readonly newTypologyCases: number;
  /** Known cases from which the recall of a typology is compared with the reference. */
  readonly typologyCases: number;
  /** Fall of recall, in points of 1, that is worth a word, and one that is worth an action; both beyond chance. */
  readonly recallDropWatch: number;
  readonly recallDropAct: number;
}

export const STANDARD_SETTINGS: MonitorSettings = {
  maturityDays: 30,
  cohortDays: 7,
  psiWatch: 0.1,
  psiAct: 0.25,
  ksWatch: 0.1,
  significance: 0.01,
  offsetHours: -3,
  missingWatch: 0.05,
  missingAct: 0.25,
  importanceToAct: 0.03,
  alertRatioWatch: 1.5,
  alertRatioAct: 2.5,
  latencyWatchMs: 50,
  latencyActMs: 500,
  newTypologyCases: 5,
  typologyCases: 10,
  recallDropWatch: 0.05,
  recallDropAct: 0.15,
};
