import type { Severity } from "../file/rule.ts";
import type { SignalLabels } from "../signals/signal.ts";

/** - `pending`: beyond its limit, not yet for long enough. - `resolved`: it has fired and is over. */
export type AlertPhase = "inactive" | "pending" | "firing" | "resolved";

/** Why it fires: the value is beyond the limit, or there is no value at all. */
export type AlertCause = "breach" | "no_data";

/** One rule on one feature, typology, version or arm. Instants are milliseconds since the epoch. */
export interface Alert {
  /** Of the model, the rule and the labels: two reports of one thing have one fingerprint. */
  readonly fingerprint: string;
  readonly rule: string;
  readonly labels: SignalLabels;
  readonly severity: Severity;
  readonly phase: AlertPhase;
  readonly cause: AlertCause;
  /** Of the newest value; null while there is none. */
  readonly value: number | null;
  /** Since when it is beyond the limit, or without data. */
  readonly since: number;
  /** When it began to fire: names this episode. Null before the first. */
  readonly firedAt: number | null;
  readonly resolvedAt: number | null;
  /** Since when it could end, while it fires; null while it is beyond. */
  readonly clearSince: number | null;
  /** Since when there is no value; null while there is one. */
  readonly missingSince: number | null;
}
