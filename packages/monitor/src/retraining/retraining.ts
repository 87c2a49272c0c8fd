/** A model trained anew, and why. Instants are milliseconds since the epoch. */

import type { SignalLabels } from "../signals/signal.ts";

/** An episode of an alert, or a day of the calendar. Equal ids are one cause, which starts one retraining. */
export type Cause =
  | {
      readonly kind: "alert";
      readonly id: string;
      readonly rule: string;
      readonly labels: SignalLabels;
      readonly since: number;
    }
  | { readonly kind: "calendar"; readonly id: string };

export interface Retraining {
  /** All that were there when it began. */
  readonly causes: readonly Cause[];
  readonly begunAt: number;
  /** How often it was begun: more than once where its process was killed. */
  readonly attempts: number;
  /** Null while it is under way. */
  readonly endedAt: number | null;
  readonly run: string | null;
  /** The version that it made; null where it has failed. */
  readonly version: string | null;
  /** The flow of that version. */
  readonly flow: number | null;
  /** Why it has failed. */
  readonly failure: string | null;
}

/** Everything that whoever retrains must still know after its process has died, the newest last. */
export interface Retrainings {
  readonly format: 1;
  readonly model: string;
  /** Since when the calendar counts. */
  readonly since: number;
  readonly all: readonly Retraining[];
}

/** In a line: `late-typology (typology T9) since 2026-03-12T10:00:00.000Z`. */
export function causeText(cause: Cause): string {
  if (cause.kind === "calendar") return "the calendar";
  const labels = Object.entries(cause.labels).map(([label, value]) => `${label} ${value}`);
  const where = labels.length === 0 ? "" : ` (${labels.join(", ")})`;
  return `${cause.rule}${where} since ${new Date(cause.since).toISOString()}`;
}
