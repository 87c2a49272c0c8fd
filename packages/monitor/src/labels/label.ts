/** What became known of a decision: that it was a fraud, that it was none, or that its source cannot say. */

/** `inconclusive` takes back what its source has said before; what others say holds. */
export const LABELS = ["fraud", "legitimate", "inconclusive"] as const;
export type LabelValue = (typeof LABELS)[number];

/** Who says so: Pix's special return mechanism, a customer's dispute, an analyst, a card's chargeback. */
export const LABEL_SOURCES = ["med", "dispute", "analyst", "chargeback"] as const;
export type LabelSource = (typeof LABEL_SOURCES)[number];

/** Instants in milliseconds since the epoch; null where it was not told. */
export interface Label {
  readonly decisionId: string;
  readonly label: LabelValue;
  readonly source: LabelSource;
  /** When what was decided happened, and when it was reported. */
  readonly eventTime: number | null;
  readonly reportTime: number | null;
  /** When we learned it: before it nobody could use it. */
  readonly knownAt: number;
  readonly typology: string | null;
  /** In the currency's unit. */
  readonly amount: number | null;
}

/** A label as the ledger holds it. */
export interface KeptLabel extends Label {
  /** When it was entered here. */
  readonly recordedAt: number;
  /** Counts the labels of a decision from 1: a correction is a further one. */
  readonly revision: number;
}

/** Whether a label says what the other says; when we learned it aside. */
export const saysTheSame = (one: Label, other: Label): boolean =>
  one.label === other.label &&
  one.source === other.source &&
  one.eventTime === other.eventTime &&
  one.reportTime === other.reportTime &&
  one.typology === other.typology &&
  one.amount === other.amount;

/** The label that holds: of those that are known, the one that we learned last. */
export const isLater = (one: KeptLabel, other: KeptLabel): boolean =>
  one.knownAt > other.knownAt || (one.knownAt === other.knownAt && one.revision > other.revision);
