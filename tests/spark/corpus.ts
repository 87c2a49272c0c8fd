import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const here = fileURLToPath(new URL(".", import.meta.url));
const run = promisify(execFile);

/** What a Spark makes: a corpus for each version. The older one shows that its files are read, not every stage again. */
const CORPORA = [
  { version: "4", variable: "ESTEIRA_SPARK_CORPUS", arguments: ["--mlflow"] },
  {
    version: "3.5",
    variable: "ESTEIRA_SPARK35_CORPUS",
    arguments: [
      "--only",
      "forest,boosted,logistic-classes,isotonic,index-keep,formula,bucket-keep,vector-index-keep,sql,sql-zero",
    ],
  },
] as const;

/** The scripts decide what is made: a change of one makes all anew. */
function fingerprint(): string {
  const hash = createHash("sha256");
  for (const name of readdirSync(here).sort())
    if (name.endsWith(".py") || name.endsWith(".sh")) hash.update(name).update(readFileSync(join(here, name)));
  return hash.digest("hex").slice(0, 16);
}

/** Makes what is missing, once for all test files; they are told where it is, or skip. */
export default async function setup(): Promise<void> {
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "esteira", "spark-corpus");
  for (const corpus of CORPORA) {
    const folder = join(cache, `${corpus.version}-${fingerprint()}`);
    try {
      const python = (await run("sh", [join(here, "environment.sh"), corpus.version])).stdout.trim();
      if (!existsSync(folder)) await make(folder, python, corpus.arguments);
      process.env[corpus.variable] = folder;
      if (corpus.version === "4") process.env.ESTEIRA_SPARK_PYTHON = python;
    } catch (error) {
      const text = error instanceof Error && "stderr" in error ? String(error.stderr) : String(error);
      // Without Spark there is nothing to compare with; a Spark that fails to make the corpus is a failure.
      if (!text.includes("FAILED") && !text.includes("Traceback")) {
        console.info(`skipped: no Spark ${corpus.version}: ${text.trim().split("\n").at(-1)}`);
        continue;
      }
      throw new Error(`Spark ${corpus.version} could not make the corpus:\n${text.slice(-4000)}`);
    }
  }
}

async function make(folder: string, python: string, more: readonly string[]): Promise<void> {
  await mkdir(dirname(folder), { recursive: true });
  const draft = await mkdtemp(`${folder}-`);
  try {
    await run(python, [join(here, "make.py"), join(draft, "made"), ...more], {
      maxBuffer: 64 * 1024 * 1024,
      env: { ...process.env, PYTHONDONTWRITEBYTECODE: "1", OMP_NUM_THREADS: "1" },
    });
    await rename(join(draft, "made"), folder);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}
