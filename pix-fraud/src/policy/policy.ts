/** The share of transfers that analysts can look at: thresholds are chosen for it, models are compared at it. */
export const ALERT_BUDGET = 0.005;

/** What happens to a transfer. `review`: held for analysis, as the rules of Pix allow for up to 30 or 60 minutes. */
export type Decision = "allow" | "review";

export const decide = (probability: number, threshold: number): Decision =>
  probability >= threshold ? "review" : "allow";
