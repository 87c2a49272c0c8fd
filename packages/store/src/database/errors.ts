const UNIQUE = new Set<unknown>(["SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY", "23505"]);

/** The code that the database's driver gives: a name in SQLite, five characters (SQLSTATE) in PostgreSQL. */
export const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";

export const isUniqueViolation = (error: unknown): boolean => UNIQUE.has(codeOf(error));

/**
 * Thrown by the work of a write that another writer has overtaken between its looking and its writing: the session runs
 * the work again, which then sees what the other has done.
 */
export class Overtaken extends Error {
  override readonly name = "Overtaken";
}
