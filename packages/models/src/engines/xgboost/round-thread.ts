import { createRequire } from "node:module";
import { Worker } from "node:worker_threads";

/**
 * What runs on the thread: plain JavaScript, since a thread has no TypeScript loader of its own, and short enough to be
 * read whole. Pointers are the same in all threads of a process, so they travel as numbers. The text of an error is
 * local to its thread, so it is read here.
 */
const ON_THE_THREAD = `
const { parentPort, workerData } = require("node:worker_threads");
const koffi = require(workerData.koffi);
const library = koffi.load(workerData.path);
const lastError = library.func("const char *XGBGetLastError()");
const update = library.func("int XGBoosterUpdateOneIter(void *booster, int round, void *train)");
const evaluate = library.func(
  "int XGBoosterEvalOneIter(void *booster, int round, void **matrices, const char **names, uint64_t size, _Out_ void **out)",
);
const calls = {
  update: (...args) => (update(...args) === 0 ? "" : undefined),
  evaluate: (...args) => {
    const out = [null];
    return evaluate(...args, out) === 0 ? koffi.decode.string(out[0]) : undefined;
  },
};
parentPort.on("message", ({ call, args }) => {
  try {
    const text = calls[call](...args);
    parentPort.postMessage(text === undefined ? { fault: lastError() } : { text });
  } catch (error) {
    parentPort.postMessage({ fault: String(error) });
  }
});
`;

type Argument = bigint | number | string | readonly bigint[] | readonly string[];
type Reply = { readonly text: string } | { readonly fault: string };

interface Waiting {
  resolve(text: string): void;
  reject(reason: unknown): void;
}

/**
 * One thread on which all rounds of training run, in the order in which they are asked for.
 *
 * libuv's pool would hand each round to whichever of its threads is free. Each of them has an OpenMP team and caches of
 * its own, and a round that finds them cold costs a third more processor time.
 */
export class RoundThread {
  readonly #path: string;
  readonly #fault: (text: string) => Error;
  readonly #waiting: Waiting[] = [];
  #worker: Worker | undefined;

  /** @param fault makes the error of a call that libxgboost refused, from its text. */
  constructor(path: string, fault: (text: string) => Error) {
    this.#path = path;
    this.#fault = fault;
  }

  /** Resolves to the call's text: the metrics of `evaluate`, nothing of `update`. */
  run(call: "update" | "evaluate", ...args: readonly Argument[]): Promise<string> {
    const worker = this.#started();
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      worker.ref();
      worker.postMessage({ call, args });
    });
  }

  #started(): Worker {
    if (this.#worker !== undefined) return this.#worker;
    const koffi = createRequire(import.meta.url).resolve("koffi");
    const worker = new Worker(ON_THE_THREAD, {
      eval: true,
      workerData: { koffi, path: this.#path },
      // Not those of this process: a TypeScript loader would take longer to start than a small training.
      execArgv: [],
    });
    worker.on("message", (reply: Reply) => {
      const next = this.#waiting.shift();
      // An idle thread keeps no process alive.
      if (this.#waiting.length === 0) worker.unref();
      if ("text" in reply) next?.resolve(reply.text);
      else next?.reject(this.#fault(reply.fault));
    });
    worker.on("error", (error) => this.#end(worker, error));
    worker.on("exit", (code) => this.#end(worker, new Error(`The training thread ended with code ${code}.`)));
    this.#worker = worker;
    return worker;
  }

  /** The next call starts another thread. */
  #end(worker: Worker, reason: unknown): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    for (const { reject } of this.#waiting.splice(0)) reject(reason);
  }
}
