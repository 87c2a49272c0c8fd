import type { Command } from "../command/render.ts";

/** What a backend runs, once. */
export interface Task {
  /** Where the command runs. */
  readonly folder: string;
  readonly command: Command;
  /** All variables of the command's environment, besides those of its values. */
  readonly env: Readonly<Record<string, string>>;
  /** What the command writes, as it comes. */
  readonly onOutput: (chunk: Uint8Array, stream: "out" | "err") => void;
}

/** A task at work. */
export interface Execution {
  /** Resolves when nothing of the task is at work any more. */
  wait(): Promise<Outcome>;
  /** Asks the task to end, and makes it end when it does not; `wait` then resolves soon. */
  cancel(): void;
  /** Ends it at once. */
  kill(): void;
}

export type Outcome =
  | { readonly kind: "exited"; readonly code: number }
  /** Ended by a signal, such as SIGKILL. */
  | { readonly kind: "signalled"; readonly signal: string };

/** Where projects run. */
export interface Backend {
  /** As `--backend` names it and the tag `mlflow.project.backend` says. */
  readonly name: string;
  /** @throws EsteiraError when the task cannot begin. */
  start(task: Task): Promise<Execution>;
}
