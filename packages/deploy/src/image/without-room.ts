import { EsteiraError } from "@esteira/core/errors";

/** The error, or where it is that of a full disk, a sentence of it. */
export const withoutRoom = (error: unknown, folder: string): unknown =>
  error instanceof Error && "code" in error && error.code === "ENOSPC"
    ? new EsteiraError("TEMPORARILY_UNAVAILABLE", `There is no room left on the disk of ${folder}.`, { cause: error })
    : error;
