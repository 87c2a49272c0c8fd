/** Ours: alerts that analysts look at, and what they said. Times are milliseconds since the epoch. */
export interface ReviewTables {
  esteira_review_queues: {
    model: string;
    capacity: number | null;
    currency: string;
    filled_at: number;
    filled_by: string;
  };
  esteira_reviews: {
    model: string;
    decision_id: string;
    version: string;
    decided_at: number;
    score: number;
    amount: number | null;
    /** The score times the amount; 0 where no amount is known. */
    risk: number;
    /** The strongest. */
    reason: string | null;
    known: string | null;
    /** JSON: a `ReviewableAlert`. */
    alert: string;
    revision: number;
    judgement: string | null;
    typology: string | null;
    note: string | null;
    judged_by: string | null;
    judged_at: number | null;
    holder: string | null;
    held_by: string | null;
    held_until: number | null;
  };
  esteira_judgements: {
    model: string;
    decision_id: string;
    revision: number;
    judgement: string | null;
    typology: string | null;
    note: string | null;
    judged_by: string;
    judged_at: number;
  };
}
