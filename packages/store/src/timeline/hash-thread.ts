import { Worker } from "node:worker_threads";

/** Between two rows of a page's text, and between two fields of a row; the entry is the last field. */
export const ROW = "\x1e";
export const FIELD = "\x1f";

/** So many entries have one subtree: a power of two. */
export const BLOCK = 256;

/** What runs on the thread: plain JavaScript, since a thread has no TypeScript loader of its own. It hashes as `merkle.ts` does. */
const ON_THE_THREAD = `
const { parentPort, workerData: { ROW, FIELD, BLOCK } } = require("node:worker_threads");
const { hash } = require("node:crypto");
const node = Buffer.alloc(65, 1);
function parent(left, right) {
  node.write(left, 1, "hex");
  node.write(right, 33, "hex");
  return hash("sha256", node);
}
function root(level) {
  if (level.length === 1) return level[0];
  const above = [];
  for (let place = 0; place < level.length; place += 2) above.push(parent(level[place], level[place + 1]));
  return root(above);
}
parentPort.on("message", (page) => {
  const leaves = page.split(ROW).map((row) => hash("sha256", "\\0" + row.slice(row.lastIndexOf(FIELD) + 1)));
  const roots = [];
  for (let end = BLOCK; end <= leaves.length; end += BLOCK) roots.push(root(leaves.slice(end - BLOCK, end)));
  parentPort.postMessage({ leaves: leaves.join(""), roots });
});
`;

export interface PageHashes {
  /** 64 hexadecimal digits for each row, one after the other. */
  readonly leaves: string;
  /** Of the subtree of each whole block of rows. */
  readonly roots: readonly string[];
}

/** Hashes pages of a chain beside the thread that goes through them: a third of all the work. */
export class HashThread {
  readonly #worker = new Worker(ON_THE_THREAD, { eval: true, workerData: { ROW, FIELD, BLOCK }, execArgv: [] });
  readonly #waiting: { resolve(hashes: PageHashes): void; reject(reason: unknown): void }[] = [];

  constructor() {
    this.#worker.on("message", (hashes: PageHashes) => this.#waiting.shift()?.resolve(hashes));
    this.#worker.on("error", (error) => this.#end(error));
    this.#worker.on("exit", (code) => this.#end(new Error(`The thread that hashes ended with code ${code}.`)));
  }

  /** @param page rows between `ROW`, each with its entry after the last `FIELD`. */
  hash(page: string): Promise<PageHashes> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#worker.postMessage(page);
    });
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #end(reason: unknown): void {
    for (const { reject } of this.#waiting.splice(0)) reject(reason);
  }
}
