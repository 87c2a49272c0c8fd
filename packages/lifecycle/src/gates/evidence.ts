import type { BootstrapRows } from "@esteira/models/evaluation/bootstrap";
import type { EvaluationReport } from "@esteira/models/evaluation/evaluate";
import type { Scores } from "@esteira/models/evaluation/rows";
import type { ModelSignature } from "@esteira/models/format/signature";
import type { ParitySummary } from "@esteira/models/verification/parity-report";
import type { LatencySummary } from "../monitoring/latency.ts";
import type { ImageEvidence } from "./checks/image.ts";
import type { MemorySummary } from "./checks/memory.ts";
import type { GateDigests } from "./verdict.ts";

/** Half-open: `from <= t < to`. Milliseconds since the epoch. */
export interface TimeWindow {
  readonly from: number;
  readonly to: number;
}

/** The candidate and what it is compared with, on the same rows. */
export interface RivalEvidence {
  /** How the rival is called (`models:/pix-fraud/3`, `amount only`). */
  readonly name: string;
  /** Of the rival's model; null where there is no model file. */
  readonly digest: string | null;
  /** `clusters` are the customers. */
  readonly rows: BootstrapRows;
  /** Day number of each row, for checks that resample days. */
  readonly days?: Int32Array;
  /** `champion` is the rival, whatever its role. */
  readonly scores: { readonly champion: Scores; readonly challenger: Scores };
}

export interface DataWindows {
  readonly train: TimeWindow;
  readonly validation?: TimeWindow;
  /** The rows that the gate judges on. */
  readonly test: TimeWindow;
  /** Labels are those known at this instant. */
  readonly asOf: number;
  /** When the latest label that training used became known. */
  readonly latestTrainingLabel?: number;
}

export interface FeatureDrift {
  readonly feature: string;
  readonly psi: number;
  /** The PSI that equal distributions of these sizes would show. */
  readonly expectedPsi: number;
  /** Share of the model's gain. */
  readonly importance: number;
  /** It must move, whatever happens: its window reaches back before the data begin, or its cycle is longer than the rows judged. */
  readonly inherent?: boolean;
}

/** How the score goes as one input grows and the others stay, row by row. */
export interface FeatureResponse {
  readonly feature: string;
  /** How many values of it were tried on each row. */
  readonly values: number;
  /** Of each row: the largest step down, and up, from one value to the next; 0 for none. */
  readonly falls: Float64Array;
  readonly rises: Float64Array;
}

/** Requests that the model's service has logged, answered again. */
export interface ServedRows {
  /** |answer of now - answer logged|, a row each; infinite where one of them is no number. */
  readonly differences: Float64Array;
  /** Logged rows that are of another version, or lack a value that was redacted. */
  readonly unusable: number;
}

/** An input whose value may have become known only after what its row is about. */
export interface KnownLate {
  readonly feature: string;
  /** Of the file: when the value became known. */
  readonly column: string;
  /** Rows of which that is told. */
  readonly told: number;
  /** Rows where it is later than the row's own instant. */
  readonly late: number;
  /** By how much at most; milliseconds. */
  readonly longest: number;
}

/**
 * What a gate judges on. A part that is absent makes the checks that need it answer "not enough evidence". `champion: null`
 * says that there is none yet; an absent one says that nobody looked.
 */
export interface GateEvidence {
  readonly digests: GateDigests;
  /** Milliseconds since the epoch; the caller's clock. */
  readonly evaluatedAt: number;
  readonly evaluation?: EvaluationReport;
  readonly champion?: RivalEvidence | null;
  /** Simple scorers that any model must beat. */
  readonly baselines?: readonly RivalEvidence[];
  /** Total gain of each feature, in any unit. */
  readonly importance?: readonly { readonly feature: string; readonly gain: number }[];
  /** How well each input ranks the frauds by itself: AUC-ROC, in the better of both directions. */
  readonly alone?: readonly { readonly feature: string; readonly auc: number }[];
  /** Inputs of which the file says when they became known. */
  readonly knownLate?: readonly KnownLate[];
  /** The evaluated file. */
  readonly data?: {
    readonly rows: number;
    readonly columns: readonly string[];
    /** Share of empty cells of each input, on a sample. */
    readonly missing: readonly { readonly feature: string; readonly share: number }[];
  };
  /** Models of the same training with other seeds, on the same rows. */
  readonly seeds?: readonly {
    readonly name: string;
    readonly digest: string;
    readonly metrics: EvaluationReport["metrics"];
  }[];
  readonly responses?: readonly FeatureResponse[];
  readonly served?: ServedRows;
  readonly windows?: DataWindows;
  /** Evaluation rows against training rows. */
  readonly drift?: readonly FeatureDrift[];
  /** Of the packaged model, one transfer at a time. */
  readonly latency?: LatencySummary;
  /** Of the packaged model, served and asked. */
  readonly memory?: MemorySummary;
  /** The image that the version is run from; null where it has none. */
  readonly image?: ImageEvidence | null;
  /** The report beside the model; null where there is none. */
  readonly parity?: ParitySummary | null;
  /** What each model takes and answers; undefined for one that does not say, null where there is no champion yet. */
  readonly signatures?: {
    readonly candidate: ModelSignature | undefined;
    readonly champion: ModelSignature | undefined | null;
  };
}
