/**
 * Training from Node beside Python's xgboost: the same rows, params, threads and library file, in alternating turns.
 * A turn goes from arrays in memory to the bytes of the model, with the metric measured on validation rows each round.
 *
 *   node --conditions=@esteira/source --import tsx bench/training.ts [--quick]
 *
 * The Python is the one of the compatibility suite (`tests/compat/oracle.sh`, or ESTEIRA_ORACLE_PYTHON). Ends with 1 when the
 * target is missed, or the models or their predictions differ.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { availableParallelism, cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { locateXgboost } from "@esteira/models/engines/xgboost/library";
import { openXgboost } from "@esteira/models/engines/xgboost/native";
import type { TrainingData } from "@esteira/models/training/trainer";
import { createTrainer } from "@esteira/models/training/trainers";
import { syntheticData } from "@esteira/models/training/training-data.testing";
import { findOracle } from "../tests/compat/oracle.ts";
import { printFigure } from "./figure.ts";

const TARGET = 1.05;
const SEED = 7;

interface Turn {
  readonly seconds: number;
  /** Of all threads: what the work cost, however busy the machine was. */
  readonly cpuSeconds: number;
  readonly model: string;
  readonly scores: string;
}

interface Side {
  readonly name: string;
  train(rounds: number): Promise<Turn>;
}

const { values: options } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    rows: { type: "string" },
    rounds: { type: "string" },
    turns: { type: "string" },
    threads: { type: "string" },
  },
});
const rows = Number(options.rows ?? (options.quick ? 20_000 : 160_000));
const rounds = Number(options.rounds ?? (options.quick ? 50 : 200));
const turns = Number(options.turns ?? (options.quick ? 3 : 5));
const threads = Number(options.threads ?? availableParallelism());

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

function inNode(library: string, train: TrainingData, validation: TrainingData): Side {
  const trainer = createTrainer("xgboost", openXgboost(library));
  return {
    name: "Node",
    async train(num_boost_round) {
      const params = { num_boost_round, early_stopping_rounds: 0, subsample: 0.8, colsample_bytree: 0.8 };
      const start = performance.now();
      const busy = process.cpuUsage();
      const model = await trainer.train({ train, validation, params, seed: SEED, threads });
      const seconds = (performance.now() - start) / 1_000;
      const { user, system } = process.cpuUsage(busy);
      const cpuSeconds = (user + system) / 1e6;
      const scores = await model.predict(validation.values, validation.rows);
      model.dispose();
      return { seconds, cpuSeconds, model: sha256(model.modelBytes), scores: sha256(new Uint8Array(scores.buffer)) };
    },
  };
}

/** The params of `inNode` by the names that Python gives them, and what Esteira always sets. */
const PYTHON_PARAMS = {
  objective: "binary:logistic",
  tree_method: "hist",
  eval_metric: "aucpr",
  learning_rate: 0.1,
  max_depth: 6,
  subsample: 0.8,
  colsample_bytree: 0.8,
  seed: SEED,
  nthread: threads,
  seed_per_iteration: true,
};

async function inPython(interpreter: string, folder: string, names: readonly string[]) {
  const script = join(import.meta.dirname, "training.py");
  const child = spawn(interpreter, [script, folder, JSON.stringify({ names, params: PYTHON_PARAMS })], {
    // Esteira sets this for itself; without it Python's idle threads would spin and lose on a busy machine.
    env: { OMP_WAIT_POLICY: "PASSIVE", ...process.env },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const reply = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error("The Python side ended; its message is above.");
    return JSON.parse(value);
  };
  const { library }: { library: string } = await reply();
  const side: Side = {
    name: "Python",
    async train(count) {
      child.stdin.write(`${count}\n`);
      return reply();
    },
  };
  return { side, library, stop: () => child.stdin.end() };
}

const median = (list: readonly number[]): number => {
  const sorted = list.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
};

async function main(interpreter: string): Promise<boolean> {
  const train = syntheticData(rows, 1, 27);
  const validation = syntheticData(Math.ceil(rows / 4), 2, 27);
  const folder = await mkdtemp(join(tmpdir(), "esteira-bench-"));
  try {
    for (const [name, table] of Object.entries({ train, validation })) {
      await writeFile(join(folder, `${name}.values`), new Uint8Array(table.values.buffer));
      await writeFile(join(folder, `${name}.labels`), table.labels);
    }
    const python = await inPython(interpreter, folder, train.featureNames);
    try {
      // The very file that Python has loaded, so that the library cannot be the difference.
      const library = await locateXgboost({ env: { ...process.env, ESTEIRA_XGBOOST_LIB: python.library } });
      console.log(
        `${rows} rows x ${train.featureNames.length} features, ${validation.rows} to validate on, depth 6, ${rounds} rounds, ${threads} threads`,
      );
      console.log(`libxgboost ${library.version}, SHA-256 ${library.sha256}`);
      console.log(`Node ${process.version}, ${cpus().length} cores, load ${loadavg()[0]?.toFixed(2)}\n`);
      return await race(inNode(library.path, train, validation), python.side);
    } finally {
      python.stop();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function race(node: Side, python: Side): Promise<boolean> {
  await node.train(5);
  await python.train(5);
  const taken: { node: Turn; python: Turn }[] = [];
  for (let turn = 0; turn < turns; turn++) {
    // Whoever goes first meets another machine than whoever goes second, so they take turns at that too.
    const nodeFirst = turn % 2 === 0;
    const first = await (nodeFirst ? node : python).train(rounds);
    const second = await (nodeFirst ? python : node).train(rounds);
    const pair = nodeFirst ? { node: first, python: second } : { node: second, python: first };
    taken.push(pair);
    const ratio = pair.node.seconds / pair.python.seconds;
    console.log(
      `turn ${turn + 1}: Node ${pair.node.seconds.toFixed(2)} s, Python ${pair.python.seconds.toFixed(2)} s, ratio ${ratio.toFixed(3)}`,
    );
  }
  const ratioOf = (what: "seconds" | "cpuSeconds"): number =>
    median(taken.map((pair) => pair.node[what] / pair.python[what]));
  const medianOf = (side: "node" | "python", what: "seconds" | "cpuSeconds"): string =>
    `${median(taken.map((pair) => pair[side][what])).toFixed(2)} s`;
  const same = (key: "model" | "scores"): boolean =>
    new Set(taken.flatMap((pair) => [pair.node[key], pair.python[key]])).size === 1;
  const ratio = ratioOf("seconds");
  console.log(
    `\nelapsed: Node ${medianOf("node", "seconds")}, Python ${medianOf("python", "seconds")}, ` +
      `ratio ${ratio.toFixed(3)} (medians; target ${TARGET}: ${ratio <= TARGET ? "met" : "missed"})`,
  );
  console.log(
    `CPU time: Node ${medianOf("node", "cpuSeconds")}, Python ${medianOf("python", "cpuSeconds")}, ratio ${ratioOf("cpuSeconds").toFixed(3)}`,
  );
  console.log(`predictions ${same("scores") ? "equal to the bit" : "DIFFER"}`);
  console.log(`model files ${same("model") ? "equal to the byte" : "DIFFER"}`);
  printFigure({
    name: `Training, Node's time over Python's (${rows} rows, ${rounds} rounds)`,
    target: `≤ ${TARGET}`,
    measured: `${ratio.toFixed(3)} (CPU time ${ratioOf("cpuSeconds").toFixed(3)}), predictions ${same("scores") ? "equal" : "DIFFERENT"}`,
    isMet: ratio <= TARGET && same("scores"),
  });
  return same("model") && same("scores");
}

const oracle = findOracle();
if ("missing" in oracle) {
  console.error(`There is no peer: ${oracle.missing}.`);
  process.exitCode = 2;
} else if (![rows, rounds, turns, threads].every((count) => Number.isInteger(count) && count > 0)) {
  console.error("--rows, --rounds, --turns and --threads take whole numbers above 0.");
  process.exitCode = 2;
} else if (!(await main(oracle.python))) {
  process.exitCode = 1;
}
