import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { type CountTask, countGroups } from "./count-groups.ts";
import type { Counts } from "./counts.ts";

/** What this file is started with on a thread, so that it knows itself. */
interface Started {
  readonly esteira: "count";
  readonly url: string;
  readonly task: CountTask;
}

const isStarted = (data: unknown): data is Started =>
  typeof data === "object" && data !== null && "esteira" in data && data.esteira === "count";

type Reply = { readonly counts: Counts } | { readonly fault: unknown };

/** What a thread begins with: this very file. In a clone that is TypeScript, and a thread has no loader of its own. */
const BEGIN = `import(require("node:worker_threads").workerData.url)`;
const begin = (): string =>
  import.meta.url.endsWith(".ts")
    ? `import(${JSON.stringify(import.meta.resolve("tsx/esm/api"))}).then(({ register }) => { register(); return ${BEGIN}; })`
    : BEGIN;

/** Counts on a thread of its own; rejects as `countGroups` does. */
export function countOnThread(task: CountTask): Promise<Counts> {
  return new Promise((resolve, reject) => {
    const started: Started = { esteira: "count", url: import.meta.url, task };
    const worker = new Worker(begin(), {
      eval: true,
      workerData: started,
      execArgv: ["--conditions=@esteira/source"],
    });
    worker.on("message", (reply: Reply) => {
      if ("counts" in reply) resolve(reply.counts);
      else reject(reply.fault);
    });
    worker.on("error", reject);
    worker.on("exit", (code) => reject(new Error(`The thread that counts ended with code ${code}.`)));
  });
}

if (!isMainThread && isStarted(workerData)) {
  const answer = (reply: Reply): void => parentPort?.postMessage(reply);
  countGroups(workerData.task).then(
    (counts) => answer({ counts }),
    (fault: unknown) => answer({ fault }),
  );
}
