import { EsteiraError, invalid } from "@esteira/core/errors";

export const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";

export const isAbsent = (error: unknown): boolean => ["ENOENT", "ENOTDIR"].includes(codeOf(error));

/** For `.catch`: nothing there is undefined. */
export function absent(error: unknown): undefined {
  if (isAbsent(error)) return undefined;
  throw error;
}

/** Errors of the file system that are no defect of ours, as sentences; every other error stays as it is. */
export function explainFileError(error: unknown, path: string): unknown {
  if (error instanceof EsteiraError) return error;
  const unavailable = (sentence: string): EsteiraError =>
    new EsteiraError("TEMPORARILY_UNAVAILABLE", sentence, { cause: error });
  switch (codeOf(error)) {
    case "ENAMETOOLONG":
    case "ELOOP":
    case "ENOTDIR":
    case "EISDIR":
    case "EILSEQ":
      return invalid(`Invalid path: '${path}' cannot be used.`);
    case "ENOSPC":
    case "EDQUOT":
      return unavailable(`The disk for artifacts is full: '${path}' was not written; free some space and try again.`);
    case "EMFILE":
    case "ENFILE":
      return unavailable(`Too many files are open: '${path}' was not read; try again.`);
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return unavailable(`The artifact folder refuses '${path}': give the server permission to read and write it.`);
    default:
      return error;
  }
}
