/**
 * One command for every bench: `npm run bench -- NAME [its options]`; without a name it lists them. Each bench says in its
 * own first lines what it measures and needs.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const BENCHES: Readonly<Record<string, string>> = {
  job: "the main job: seconds and memory, default size and --full",
  world: "the simulator: transfers a second",
  features: "the offline table and the online state: transfers a second",
  training: "XGBoost from Node beside Python",
  scoring: "a model in process and over MLflow's protocol, beside Python where there is one",
  pipeline: "a whole Spark pipeline over one row, without Spark",
  "gate-power": "what the gate's comparison with the champion can tell apart, by frauds and margin",
  gate: "a gate's verdict on a million rows, with 2,000 paired draws",
  promotion: "an alias under a policy moved: evidence, files and entry, from request to answer",
  serving: "models serve beside mlflow models serve: start, memory, requests a second",
  router: "what models route adds to a request, and its slowest at a fixed rate",
  soak: "models serve under steady load while its aliases move: failed requests and memory",
  joining: "whether joining requests of one row into one call of the model would pay, by engine",
  batch: "a million rows from Parquet to Parquet, beside pandas and xgboost",
  decision: "the fraud service's native route: latency at a fixed rate",
  access: "what access control costs a request",
  server: "the tracking server beside mlflow server",
  scale: "the store's calls from a thousand runs to a million, and how long our indexes take to be added",
  timeline: "verifying a chain of a million changes, and what an entry costs",
  statements: "what prepared statements save PostgreSQL",
  search: "searches and histories as the store grows, beside mlflow server on the same file",
  artifacts: "artifacts through the server beside mlflow server",
  sweep: "how busy a sweep of 64 short trainings keeps all cores",
  projects: "esteira run beside mlflow run: seconds over the project's own command",
  web: "the web UI in a browser beside MLflow's: first load, first rows, 100,000 runs sorted, filtered and scrolled",
  transfers: "the SDK with one large file up and down: seconds and memory",
  detection: "how soon a change is told, and how often wrongly, on simulated days",
  monitoring: "a day of ten million decisions compared with a reference, beside evidently",
  ledger: "keeping decisions: what it adds to scoring, and decisions a second kept and collected",
  estimates: "performance estimated before its labels: how often its interval holds what comes true",
  image: "a model's image: size, seconds to build it, start to the first score; beside what MLflow's installs",
  "web-charts": "a chart of 10 runs x 100k points in Chromium: painted, and frames while panned",
};

const [name, ...rest] = process.argv.slice(2);
if (name === undefined || !Object.hasOwn(BENCHES, name)) {
  if (name !== undefined) console.error(`There is no bench '${name}'.`);
  for (const [known, what] of Object.entries(BENCHES)) console.log(`npm run bench -- ${known.padEnd(10)}  ${what}`);
  process.exitCode = name === undefined ? 0 : 2;
} else {
  const script = fileURLToPath(new URL(`${name}.ts`, import.meta.url));
  const child = spawn(process.execPath, [...process.execArgv, script, ...rest], { stdio: "inherit" });
  // Ctrl-C reaches the bench itself; this process waits for how it ends.
  process.on("SIGINT", () => {});
  const [code] = (await once(child, "exit")) as [number | null];
  process.exitCode = code ?? 130;
}
