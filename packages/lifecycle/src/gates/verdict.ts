/**
 * - `passed`: the evidence proves it.
 * - `refused`: the evidence speaks against it.
 * - `not_enough_evidence`: too little to say either way. Never a pass.
 * - `not_applicable`: there is nothing to compare with (no champion yet); said, and left out of the decision.
 */
export type CheckStatus = "passed" | "refused" | "not_enough_evidence" | "not_applicable";

/** Figures and names that the status rests on. */
export type Evidence = Readonly<Record<string, number | string | boolean | null>>;

/** What one check's module answers. */
export interface Finding {
  readonly status: CheckStatus;
  /** The figure, in a few characters: what a person looks for first. */
  readonly found: string;
  /** One sentence: what was found, what was asked. */
  readonly reason: string;
  readonly evidence: Evidence;
}

export interface CheckVerdict extends Finding {
  /** Kind of check, a key of the catalogue. */
  readonly check: string;
  /** The check with its settings in a few words (`auc_pr at least 0.2`). */
  readonly title: string;
  /** What a pass proves. */
  readonly proves: string;
  /** Whether a lack of evidence here holds the promotion back. */
  readonly blocking: boolean;
}

/** What the verdict was reached on. It holds for these and for nothing else. */
export interface GateDigests {
  /** Of the packaged model. */
  readonly model: string;
  /** Of the evaluation data. */
  readonly data: string;
  /** Of the gate's text (`gateDigest`). */
  readonly gate: string;
  /** Git commit, with a mark when files were changed. */
  readonly code: string;
}

export type Outcome = "passed" | "refused" | "not_enough_evidence";

export interface GateVerdict {
  readonly gate: string;
  readonly outcome: Outcome;
  readonly checks: readonly CheckVerdict[];
  readonly digests: GateDigests;
  /** Milliseconds since the epoch. */
  readonly evaluatedAt: number;
}

/** Exit codes of every command that ends with a verdict. */
export const EXIT = {
  /** Every check passed or does not apply. */
  passed: 0,
  /** The command itself failed: a gate that cannot be read, missing files. No verdict was reached. */
  fault: 2,
  /** Refused, or not enough evidence to pass. */
  refused: 3,
} as const;

export const exitCodeOf = (outcome: Outcome): number => (outcome === "passed" ? EXIT.passed : EXIT.refused);

/** One refusal refuses; otherwise one blocking lack of evidence withholds the pass. */
export function outcomeOf(checks: readonly CheckVerdict[]): Outcome {
  if (checks.some((check) => check.status === "refused")) return "refused";
  if (checks.some((check) => check.status === "not_enough_evidence" && check.blocking)) return "not_enough_evidence";
  // A gate in which nothing at all could be judged has proved nothing.
  return checks.some((check) => check.status === "passed") ? "passed" : "not_enough_evidence";
}
