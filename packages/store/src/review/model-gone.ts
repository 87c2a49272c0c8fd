import type { Database } from "../database/tables.ts";

const TABLES = ["esteira_judgements", "esteira_reviews", "esteira_review_queues"] as const;

/** What belongs to a model goes with it. */
export async function renameReviewRows(db: Database, from: string, to: string): Promise<void> {
  for (const table of TABLES) await db.updateTable(table).set({ model: to }).where("model", "=", from).execute();
}

/** A new model of this name is another one: the ledger of labels keeps what was brought there. */
export async function forgetReviews(db: Database, model: string): Promise<void> {
  for (const table of TABLES) await db.deleteFrom(table).where("model", "=", model).execute();
}
