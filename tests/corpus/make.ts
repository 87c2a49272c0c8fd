import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const here = dirname(fileURLToPath(import.meta.url));
const MAKERS = ["xgboost", "lightgbm", "format"];

type Corpus = { readonly folder: string } | { readonly missing: string };

/**
 * The models, made when the scripts have changed since the last time: FOLDER/WRITER/MAKER/CASE, where the writer is
 * `new` (MLflow 3, XGBoost 3, LightGBM 4) or `old` (MLflow 2, XGBoost 2, LightGBM 3).
 */
async function makeCorpus(): Promise<Corpus> {
  const home =
    process.env.ESTEIRA_CORPUS_HOME ??
    join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "esteira", "corpus");
  let pythons: readonly string[];
  try {
    const { stdout } = await run("sh", [join(here, "corpus.sh")], {
      env: { ...process.env, ESTEIRA_CORPUS_HOME: home },
    });
    pythons = stdout.trim().split("\n");
  } catch (error) {
    return { missing: `no Python environments: ${error instanceof Error ? error.message.split("\n")[0] : error}` };
  }
  const hash = createHash("sha256");
  for (const name of (await readdir(here)).sort())
    if (/\.(?:py|sh)$/.test(name)) hash.update(name).update(await readFile(join(here, name)));
  const folder = join(home, `models-${hash.digest("hex").slice(0, 16)}`);
  if (existsSync(folder)) return { folder };
  const draft = `${folder}.${process.pid}`;
  try {
    for (const [i, writer] of ["new", "old"].entries())
      for (const maker of MAKERS) {
        await mkdir(join(draft, writer, maker), { recursive: true });
        await run(pythons[i]!, ["-W", "ignore", join(here, `make_${maker}.py`), join(draft, writer, maker)], {
          env: {
            ...process.env,
            MLFLOW_DISABLE_TELEMETRY: "true",
            OMP_WAIT_POLICY: "PASSIVE",
            PYTHONDONTWRITEBYTECODE: "1",
          },
          maxBuffer: 2 ** 26,
        });
      }
    for (const name of await readdir(home))
      if (name.startsWith("models-") && !draft.endsWith(name))
        await rm(join(home, name), { recursive: true, force: true });
    await rename(draft, folder);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    throw error;
  }
  return { folder };
}

/** Makes the models before the tests, which are one a model, are collected. */
export default async function setup(): Promise<void> {
  const corpus = await makeCorpus();
  if ("missing" in corpus) process.env.ESTEIRA_CORPUS_MISSING = corpus.missing;
  else process.env.ESTEIRA_CORPUS_MODELS = corpus.folder;
}
