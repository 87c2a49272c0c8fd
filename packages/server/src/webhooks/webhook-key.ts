import { linkSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { newFernetKey } from "@esteira/store/webhooks/fernet";

/**
 * The key under which webhooks' secrets are kept, in a file that only its owner reads; made when it is absent. For a
 * database that is one file: servers that share a database must be given one key.
 */
export function webhookKeyFile(file: string): string {
  try {
    return readFileSync(file, "utf8").trim();
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
  }
  // Two servers may start at the same moment: a link is made by one of them only, and never over another's.
  const fresh = `${file}.${process.pid}`;
  writeFileSync(fresh, `${newFernetKey()}\n`, { mode: 0o600 });
  try {
    linkSync(fresh, file);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  } finally {
    rmSync(fresh);
  }
  return readFileSync(file, "utf8").trim();
}
