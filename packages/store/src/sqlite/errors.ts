import { EsteiraError } from "@esteira/core/errors";
import { codeOf } from "../database/errors.ts";

/** Errors of SQLite that are no defect of ours, as sentences that say what to do; every other error stays as it is. */
export function explainSqliteError(error: unknown, path: string): unknown {
  if (error instanceof EsteiraError) return error;
  const code = codeOf(error);
  const explain = (sentence: string): EsteiraError =>
    new EsteiraError("TEMPORARILY_UNAVAILABLE", sentence, { cause: error });
  if (code.startsWith("SQLITE_BUSY") || code.startsWith("SQLITE_LOCKED")) {
    return explain(`Another process holds the database ${path}: try again, or stop that process.`);
  }
  if (code.startsWith("SQLITE_FULL"))
    return explain(`The disk that holds ${path} is full: free some space and try again.`);
  if (code.startsWith("SQLITE_READONLY")) {
    return explain(
      `The database ${path} cannot be written: give this user write permission to the file and its folder.`,
    );
  }
  if (code === "SQLITE_IOERR_FSYNC") {
    return explain(`The disk did not take what was written to ${path}: check the disk, then start the server again.`);
  }
  if (code.startsWith("SQLITE_IOERR"))
    return explain(`The disk refused to read or write ${path}: check the disk and try again.`);
  return error;
}
