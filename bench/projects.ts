/**
 * What `esteira run` and `mlflow run --env-manager local` need over the time of the project's own command: start, run, parameters,
 * digests, end. Both run the same project (in git, nothing to install) against the same server of ours, turn by turn.
 *
 *   node --conditions=@esteira/source --import tsx bench/projects.ts [--runs 7]
 *
 * The command is packed as it would be published. Without a Python that has MLflow only ours is measured. Ends with 1 when the
 * target is missed.
 */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { findOracle } from "../tests/compat/oracle.ts";
import { printFigure, printMachine } from "./figure.ts";
import { packCommand, startOwnServer } from "./own-server.ts";

const TARGET_SECONDS = 0.5;
const { values: options } = parseArgs({ options: { runs: { type: "string", default: "7" } } });

async function makeProject(folder: string): Promise<void> {
  await mkdir(folder);
  await writeFile(
    join(folder, "MLproject"),
    "name: bench\nentry_points: {main: {parameters: {rows: path, alpha: {type: float, default: 0.5}}, command: 'cat {rows} > /dev/null; true {alpha}'}}\n",
  );
  await writeFile(join(folder, "rows.csv"), "amount\n1\n");
  for (const step of [["init"], ["add", "--all"], ["commit", "--message", "first"]])
    execFileSync("git", ["-c", "user.name=Bench", "-c", "user.email=bench@example.com", ...step], {
      cwd: folder,
      stdio: "ignore",
    });
}

/** Seconds from the start of a program to its end. */
async function secondsOf(program: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const began = performance.now();
  const child = spawn(program, [...args], { env, stdio: ["ignore", "ignore", "pipe"] });
  let errors = "";
  child.stderr.on("data", (chunk: Buffer) => {
    errors += chunk;
  });
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`${program} ${args.join(" ")} ended with ${code}: ${errors.slice(-500)}`);
  return (performance.now() - began) / 1000;
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

const home = await mkdtemp(join(tmpdir(), "esteira-bench-projects-"));
const project = join(home, "project");
const oracle = findOracle();
printMachine();
await makeProject(project);
const command = await packCommand();
const server = await startOwnServer(command, home, []);
try {
  const env = { ...process.env, MLFLOW_TRACKING_URI: server.url, MLFLOW_DISABLE_TELEMETRY: "true" };
  const run = ["run", project, "-P", `rows=${join(project, "rows.csv")}`, "--env-manager", "local"];
  const programs = {
    command: { program: "bash", args: ["-c", `cat ${join(project, "rows.csv")} > /dev/null; true 0.5`] },
    esteira: { program: process.execPath, args: [command, ...run] },
    ...("missing" in oracle ? {} : { mlflow: { program: oracle.python, args: ["-m", "mlflow", ...run] } }),
  };
  const seconds = new Map<string, number[]>(Object.keys(programs).map((name) => [name, []]));
  // The first turn warms files and caches, and does not count.
  for (let turn = 0; turn <= Number(options.runs); turn++)
    for (const [name, { program, args }] of Object.entries(programs)) {
      const took = await secondsOf(program, args, env);
      if (turn > 0) seconds.get(name)?.push(took);
    }
  const own = median(seconds.get("command") ?? []);
  const over = (name: string) => median(seconds.get(name) ?? []) - own;
  for (const [name, all] of seconds)
    console.log(
      `${name.padEnd(8)} ${all.map((one) => one.toFixed(3)).join(" ")} s, median ${median(all).toFixed(3)} s`,
    );
  const peer = "missing" in oracle ? "" : `, mlflow run ${over("mlflow").toFixed(2)} s`;
  printFigure({
    name: "start of a project over its command",
    target: `< ${TARGET_SECONDS} s`,
    measured: `${over("esteira").toFixed(2)} s${peer}`,
    isMet: over("esteira") < TARGET_SECONDS,
  });
} finally {
  await server.close();
  await rm(home, { recursive: true, force: true });
}
