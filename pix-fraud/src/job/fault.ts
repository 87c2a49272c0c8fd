import { EsteiraError } from "@esteira/core/errors";

/** What went wrong, for the person at the terminal: a sentence where the machine or the input is at fault, a stack for a defect. */
export function faultText(error: unknown): string {
  if (error instanceof EsteiraError) return error.message;
  if (!(error instanceof Error)) return String(error);
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  const path = "path" in error && typeof error.path === "string" ? error.path : "a file";
  switch (code) {
    case "ENOSPC":
    case "EDQUOT":
      return `The disk is full: ${path} could not be written. Free some space and give the same command again.`;
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return `${path} cannot be written: give this user write permission, or choose another folder with --data.`;
    case "EEXIST":
    case "ENOTDIR":
      return `${path} cannot be used as a folder, because a file is in its place: choose another folder with --data.`;
    case "ENAMETOOLONG":
      return `${path} is too long a name for a file: choose another folder with --data.`;
    default:
      return error.stack ?? error.message;
  }
}
