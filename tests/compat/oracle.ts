import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";

const VERSION = "3.17.2";

export type Oracle = { readonly python: string } | { readonly missing: string };

/** The folder with what MLflow's basic-auth app needs besides MLflow; undefined when `oracle.sh` has not made it. */
export const findAuthPackages = (python: string): string | undefined => packagesBeside(python, "auth", "flask_wtf");

/** The folder with MLflow's exporter of metrics and a reader of its format; likewise. */
export const findPrometheusPackages = (python: string): string | undefined =>
  packagesBeside(python, "prometheus", "prometheus_flask_exporter");

function packagesBeside(python: string, name: string, holds: string): string | undefined {
  const home = process.env.ESTEIRA_ORACLE_HOME ?? dirname(dirname(python));
  return existsSync(join(`${home}-${name}`, holds)) ? `${home}-${name}` : undefined;
}

/**
 * The Python that has real MLflow: `ESTEIRA_ORACLE_PYTHON`, else the environment that `oracle.sh` makes. Without one the
 * suite skips and says how to get it; so it does on PostgreSQL (`ESTEIRA_TEST_BACKEND`) when that is not to be had.
 */
export function findOracle(): Oracle {
  const oracle = findMlflow();
  if ("missing" in oracle || process.env.ESTEIRA_TEST_BACKEND !== "postgres") return oracle;
  if (process.env.ESTEIRA_TEST_POSTGRES === undefined) return { missing: "no PostgreSQL server; install postgresql" };
  try {
    execFileSync(oracle.python, ["-c", "import psycopg2"], { stdio: "ignore" });
    return oracle;
  } catch {
    return { missing: `${oracle.python} has no psycopg2; run tests/compat/oracle.sh or set ESTEIRA_ORACLE_PYTHON` };
  }
}

/** SQLAlchemy's own choice of a driver for PostgreSQL changes with its version: this names the one that is there. */
export const forMlflow = (uri: string): string => uri.replace(/^postgresql:/, "postgresql+psycopg2:");

function findMlflow(): Oracle {
  const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache");
  const home = process.env.ESTEIRA_ORACLE_HOME ?? join(cache, "esteira", "oracle");
  const python = process.env.ESTEIRA_ORACLE_PYTHON ?? join(home, "bin", "python");
  if (!existsSync(python)) {
    return { missing: `no Python with MLflow at ${python}; run tests/compat/oracle.sh or set ESTEIRA_ORACLE_PYTHON` };
  }
  try {
    const found = execFileSync(python, ["-c", "import importlib.metadata as m; print(m.version('mlflow'))"], {
      encoding: "utf8",
    }).trim();
    if (found !== VERSION) return { missing: `${python} has MLflow ${found}; these tests compare with ${VERSION}` };
    return { python };
  } catch {
    return { missing: `${python} has no MLflow; run tests/compat/oracle.sh or set ESTEIRA_ORACLE_PYTHON` };
  }
}
