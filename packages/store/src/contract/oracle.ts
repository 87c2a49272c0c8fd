import { type ChildProcessByStdio, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";

export interface Answer {
  readonly ok?: { readonly items?: readonly string[]; readonly token?: string | null; readonly run_id?: string };
  readonly error?: string;
  readonly message?: string;
}

/** Real MLflow over a database, asked line by line. */
export class Oracle {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;

  constructor(python: string, databaseUri: string) {
    const script = fileURLToPath(new URL("oracle.py", import.meta.url));
    this.#child = spawn(python, [script, databaseUri], { stdio: ["pipe", "pipe", "ignore"] });
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  async ask(request: Record<string, unknown>): Promise<Answer> {
    this.#child.stdin.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(`MLflow's process ended at ${JSON.stringify(request)}`);
    return JSON.parse(String(value));
  }

  /** Everything that MLflow reads in the database, in the shape of `snapshot`. */
  async snapshot(): Promise<object> {
    const { ok, message } = await this.ask({ kind: "snapshot" });
    if (ok === undefined) throw new Error(message);
    return ok;
  }

  close(): void {
    this.#child.kill();
  }
}
