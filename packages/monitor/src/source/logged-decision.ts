/** A decision as somebody else's log tells it. */

export interface LoggedDecision {
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly eventAt: number | null;
  readonly model: { readonly name: string; readonly version: string };
  readonly arm: string | null;
  readonly score: number | null;
  readonly threshold: number | null;
  readonly action: string | null;
  readonly latencyMs: number | null;
  readonly subjects: readonly string[];
  /** How many decisions it stands for, where the log itself is a sample. */
  readonly weight: number;
  readonly names: readonly string[];
  readonly values: readonly unknown[];
}

/** What a log does not say itself. */
export interface LogDefaults {
  readonly model?: string | undefined;
  readonly version?: string | undefined;
  readonly threshold?: number | undefined;
}

/** What is said where a log names no version, or no model's bytes. */
export const UNKNOWN = "unknown";
