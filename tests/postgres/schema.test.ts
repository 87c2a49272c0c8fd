import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { openStore } from "@esteira/store/open";
import { findPostgres } from "@esteira/store/testing/postgres-cluster";
import { newTestDatabase } from "@esteira/store/testing/test-database";
import { expect, test } from "vitest";
import { findOracle, forMlflow } from "../compat/oracle.ts";

const oracle = findOracle();
const postgres = await findPostgres();
const reason = "missing" in oracle ? oracle.missing : "missing" in postgres ? postgres.missing : undefined;

/** What `pg_dump` says of the schema, without our own objects and what differs by chance. */
function dump(uri: string): readonly string[] {
  const bin = "bin" in postgres ? postgres.bin : "";
  return execFileSync(join(bin, "pg_dump"), ["--schema-only", "--no-owner", uri], { encoding: "utf8" })
    .replace(/^\\(un)?restrict .*$/gm, "")
    .split(/\n\n+/)
    .filter((part) => !part.includes("esteira_"));
}

test.skipIf(reason)(
  `a new database has MLflow's schema to the letter (${reason ?? "beside MLflow's own"})`,
  async () => {
    const [ours, theirs] = [await newTestDatabase(), await newTestDatabase()];
    const store = await openStore({ uri: ours, artifactRoot: "mlflow-artifacts:/" });
    await store.close();
    if ("python" in oracle) {
      execFileSync(oracle.python, ["-m", "mlflow", "db", "upgrade", forMlflow(theirs)], { stdio: "ignore" });
      const schema = dump(ours);
      expect(schema.filter((part) => part.startsWith("CREATE TABLE"))).toHaveLength(65);
      expect(schema).toEqual(dump(theirs));
      // MLflow finds nothing to do in ours, and leaves it as it is.
      execFileSync(oracle.python, ["-m", "mlflow", "db", "upgrade", forMlflow(ours)], { stdio: "ignore" });
      expect(dump(ours)).toEqual(schema);
    }
  },
);
