/**
 * evaluate: score the gate's data and judge. gate: bring the signed evidence. stage: serve it for nobody. smoke: it answers.
 * shadow: it answers beside the present version, unseen. approval: people and the policy say yes. canary: it answers some. judge:
 * what was seen of that. promote: alias, stage and all callers. archive: put away what is not needed any more.
 */
export const STEPS = [
  "evaluate",
  "gate",
  "stage",
  "smoke",
  "shadow",
  "approval",
  "canary",
  "judge",
  "promote",
  "archive",
] as const;
export type Step = (typeof STEPS)[number];

/** Puts back whatever the steps before it have changed. */
export const UNDO = "undo";
export type Work = Step | typeof UNDO;
export const WORKS: readonly Work[] = [...STEPS, UNDO];

/**
 * promoted: it is in production. refused: it did not prove what it must. rolled-back: it was before callers and is no more. declined,
 * cancelled: a person said so. failed: a step could not be done.
 */
export const OUTCOMES = ["promoted", "refused", "rolled-back", "declined", "cancelled", "failed"] as const;
export type Outcome = (typeof OUTCOMES)[number];
