import { createHash } from "node:crypto";

/** How a run names the lockfile that its packages came from. */
export const lockfileTags = (bytes: Uint8Array): Readonly<Record<string, string>> => ({
  "esteira.lockfile.sha256": createHash("sha256").update(bytes).digest("hex"),
});
