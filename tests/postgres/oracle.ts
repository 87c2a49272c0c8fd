import { execFileSync } from "node:child_process";
import { findOracle, type Oracle } from "../compat/oracle.ts";

/** The Python that has real MLflow and a driver for PostgreSQL. */
export function findPostgresOracle(): Oracle {
  if (process.env.ESTEIRA_TEST_POSTGRES === undefined) return { missing: "no PostgreSQL server" };
  const oracle = findOracle();
  if ("missing" in oracle) return oracle;
  try {
    execFileSync(oracle.python, ["-c", "import psycopg2"], { stdio: "ignore" });
    return oracle;
  } catch {
    return { missing: `${oracle.python} has no psycopg2; run tests/compat/oracle.sh or set ESTEIRA_ORACLE_PYTHON` };
  }
}

/** SQLAlchemy's own choice of a driver changes with its version: this names the one that is there. */
export const forMlflow = (uri: string): string => uri.replace(/^postgresql:/, "postgresql+psycopg2:");
