/** Decisions that analysts look at: alerts, what is known of each, and what was judged. Instants are milliseconds since the epoch. */

/** What an analyst may say of an alert. `inconclusive`: it was looked at, and cannot be told. */
export const JUDGEMENTS = ["fraud", "legitimate", "inconclusive"] as const;
export type Judgement = (typeof JUDGEMENTS)[number];

/** Where an alert stands. `waiting`: nobody has judged it; `settled`: nobody has, and its label has become known elsewhere. */
export const REVIEW_STATES = ["waiting", ...JUDGEMENTS, "settled"] as const;
export type ReviewState = (typeof REVIEW_STATES)[number];

/** `risk` is the score times the amount: the money that is lost on average when nobody looks. */
export const REVIEW_ORDERS = ["risk", "score", "amount", "newest", "oldest"] as const;
export type ReviewOrder = (typeof REVIEW_ORDERS)[number];

/** Figures of an alert are at most of this size: sums and products of theirs still add up. */
export const LARGEST_FIGURE = 1e15;

/** Why a score is high: a feature, the log odds that it added, and its value where it was told. */
export interface AlertReason {
  readonly feature: string;
  readonly contribution: number;
  readonly value?: string;
}

/** An alert as whoever collects decisions tells it. Subjects are pseudonyms. */
export interface ReviewableAlert {
  readonly decisionId: string;
  readonly version: string;
  readonly decidedAt: number;
  readonly eventAt?: number;
  readonly score: number;
  readonly threshold?: number;
  /** In the queue's currency. */
  readonly amount?: number;
  readonly arm?: string;
  readonly subjects: readonly string[];
  /** The strongest first. */
  readonly reasons: readonly AlertReason[];
  /** What kind of fraud it may be. */
  readonly hint?: string;
  /** A label that is known without an analyst, and who says so. */
  readonly known?: { readonly label: "fraud" | "legitimate"; readonly source: string };
  /** What was personal of it was erased. */
  readonly erased?: true;
}

export interface Review extends ReviewableAlert {
  readonly state: ReviewState;
  /** Counts what was judged of it: 0 before anybody has. Whoever judges says which one they have seen. */
  readonly revision: number;
  /** Who judged it last, or put it back. */
  readonly judgedBy?: string;
  readonly judgedAt?: number;
  readonly typology?: string;
  readonly note?: string;
  /** Who looks at it now: `holder` tells windows of the same person apart. */
  readonly held?: { readonly by: string; readonly holder: string };
}

/** One change of what was judged; without a judgement it was put back. */
export interface JudgementChange {
  readonly revision: number;
  readonly judgement?: Judgement;
  readonly typology?: string;
  readonly note?: string;
  readonly by: string;
  readonly at: number;
}

/** What a model's queue is, beside its alerts. */
export interface ReviewQueue {
  /** Alerts that the team can look at in a day. */
  readonly capacity?: number;
  /** ISO 4217. */
  readonly currency: string;
  readonly filledAt: number;
  readonly filledBy: string;
}

/** Figures of the whole queue, whatever is filtered. */
export interface ReviewCounts {
  readonly states: Readonly<Record<ReviewState, number>>;
  /** When the oldest was decided that waits. */
  readonly oldestWaiting?: number;
  /** The risk of those that wait, summed. */
  readonly riskWaiting: number;
  /** Alerts of the last 24 hours, and what was judged in them. */
  readonly arrived: number;
  readonly judged: number;
}

/** A value that alerts of a state have, and how many have it. */
export interface ReviewFacet {
  readonly value: string;
  readonly count: number;
}

export interface ReviewList {
  /** Absent where nobody has filled it. */
  readonly queue?: ReviewQueue;
  readonly counts: ReviewCounts;
  readonly reviews: readonly Review[];
  /** How many match, of which the list may be the first. */
  readonly matching: number;
  readonly versions: readonly ReviewFacet[];
  /** Strongest reasons. */
  readonly reasons: readonly ReviewFacet[];
}

/** What becomes a label: the last judgement of an alert. */
export interface JudgedAlert {
  readonly decisionId: string;
  readonly revision: number;
  readonly decidedAt: number;
  /** `inconclusive` for one that was put back: what was said of it does not hold. */
  readonly judgement: Judgement;
  readonly typology?: string;
  readonly judgedAt: number;
}
