/** Decisions of one model as another threshold would have met them. Lists are parallel. */
export interface DecidedRows {
  readonly score: Float64Array;
  /** Money; 0 where nobody knows it. */
  readonly amount: Float64Array;
  /** How many decisions each row stands for. */
  readonly weight: Float64Array;
  /** Index of the day, from 0. */
  readonly day: Int32Array;
  /** 1 for an alert, by what was done. */
  readonly alerted: Uint8Array;
  /** 1 for a known fraud. */
  readonly fraud: Uint8Array;
  /** 1 where anything is known of what the decision was about. */
  readonly labelled: Uint8Array;
}

export interface DecidedDays {
  readonly days: number;
  /** So many of them, from the first on, are old enough that their labels count as known. */
  readonly matureDays: number;
}
