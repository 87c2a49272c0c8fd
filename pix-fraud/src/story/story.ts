/** What happened to a model in its simulated days, and what is drawn of it. */

export interface StoryEvent {
  /** Counted from the first day of service, from 0. */
  readonly day: number;
  readonly kind: "deployed" | "late" | "alarm" | "retrained" | "refused" | "approval" | "promoted";
  /** A sentence. */
  readonly text: string;
}

/** One day of service. Frauds are those that become known at any time: nobody knew them on the day. */
export interface StoryDay {
  readonly day: number;
  readonly version: string;
  readonly transfers: number;
  readonly alerts: number;
  readonly frauds: number;
  readonly caught: number;
  /** Of the kind of fraud that began late. */
  readonly lateFrauds: number;
  readonly lateCaught: number;
}

export interface Story {
  readonly format: 1;
  readonly world: string;
  /** The kind of fraud that begins late, as the ledger calls it. */
  readonly late: string;
  /** Midnight of the first day of service, milliseconds. */
  readonly begin: number;
  readonly days: readonly StoryDay[];
  readonly events: readonly StoryEvent[];
}
