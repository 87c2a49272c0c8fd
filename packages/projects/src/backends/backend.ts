import type { Command } from "../command/render.ts";
import type { PreparedEnvironment, PrepareOptions } from "../environments/environment.ts";
import type { Project } from "../mlproject/project.ts";
import type { BackendSettings } from "../run/settings.ts";

/** What a backend runs, once. */
export interface Task {
  /** Where the command runs. */
  readonly folder: string;
  readonly command: Command;
  /**
   * All variables of the command's environment, besides those of its values. For a backend elsewhere, those of the run and of the project
   * alone: what else this machine has is not its affair.
   */
  readonly env: Readonly<Record<string, string>>;
  /** What a backend elsewhere has prepared, as it named it. */
  readonly image?: string;
  readonly runId: string;
  /** For names that people see; an MLproject need not have one. */
  readonly project: string | undefined;
  readonly limits: BackendSettings;
  /** Told by a backend that `repeats`, before another attempt, with the reason. */
  readonly onRetry: (reason: string) => Promise<void>;
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
  | { readonly kind: "signalled"; readonly signal: string }
  /** It did not run to its end, for another reason; said in a sentence. */
  | { readonly kind: "failed"; readonly reason: string };

/** How a task ends that takes more memory than its backend gives it, in bytes. */
export const outOfMemory = (limit: number | undefined): Outcome => ({
  kind: "failed",
  reason: `The command needed more memory than it may have${limit === undefined ? "" : ` (${Math.round(limit / 1024 ** 2)} MiB)`}: give it more as "memory" of --backend-config.`,
});

/** Where projects run. */
export interface Backend {
  /** As `--backend` names it and the tag `mlflow.project.backend` says. */
  readonly name: string;
  /** Absent where commands run among this machine's files and programs. */
  readonly elsewhere?: Elsewhere;
  /** Makes all attempts of a task itself, and counts its time. */
  readonly repeats?: boolean;
  /** What a command says against something comes as "out" too. */
  readonly mixesStreams?: boolean;
  /** Ends what it still does for runs whose launcher is gone. */
  endAbandoned?(runIds: readonly string[]): Promise<void>;
  /** @throws EsteiraError when the task cannot begin. */
  start(task: Task): Promise<Execution>;
}

/** The digest of the image that a project's own was built upon: of its environment, for the files on top are its code. */
export const BASE_IMAGE_TAG = "esteira.project.image.base";

/** Where commands run that do not run here: in an image. */
export interface Elsewhere {
  /** Of the project's files there. */
  readonly folder: string;
  /**
   * Makes the image that a project's commands run in, with its files: once a run, or once a workflow.
   *
   * @returns `image` is what tasks are given; the variables are those that the project wants.
   */
  prepare(
    folder: string,
    project: Project,
    options: PrepareOptions,
  ): Promise<PreparedEnvironment & { readonly image: string }>;
}
