import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** The Python with MLflow and Spark that tests/spark/environment.sh makes, if it did, and a Java; else what is missing. */
export function findSparkPython(): { readonly python: string } | { readonly missing: string } {
  const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache");
  const home = process.env.ESTEIRA_SPARK_HOME ?? join(cache, "esteira", "spark");
  const python = join(home, "bin", "python");
  if (!existsSync(join(home, "stamp"))) return { missing: `no Spark at ${home}; run tests/spark/environment.sh` };
  try {
    execFileSync(process.env.JAVA_HOME ? join(process.env.JAVA_HOME, "bin", "java") : "java", ["-version"], {
      stdio: "ignore",
    });
    return { python };
  } catch {
    return { missing: "no Java for Spark" };
  }
}
