import type { RunStatus } from "@esteira/core/entities/run";
import type { RunId } from "@esteira/core/ids";

/** What is known of a run, as far as runs can be compared. */
export interface RunFacts {
  readonly runId: RunId;
  readonly runName: string;
  readonly status: RunStatus;
  readonly code: CodeFacts;
  readonly params: ReadonlyMap<string, string>;
  /** Digests of what was read, by the parameter or dataset that names it. */
  readonly data: ReadonlyMap<string, string>;
  /** Node, Python, packages, system, machine. */
  readonly environment: ReadonlyMap<string, string>;
  readonly metrics: ReadonlyMap<string, readonly Point[]>;
  /** Files of the logged models, as MODEL/PATH. */
  readonly models: ReadonlyMap<string, FileFacts>;
  readonly artifacts: ReadonlyMap<string, FileFacts>;
  /** Why the files could not be read. */
  readonly unreadable?: string;
}

export interface CodeFacts {
  readonly source: string | undefined;
  readonly entryPoint: string | undefined;
  readonly commit: string | undefined;
  /** The address that the repository was cloned from. */
  readonly remote: string | undefined;
  /** For `git apply` on the commit; empty for a clean tree, undefined where there is no commit or the changes were not kept. */
  readonly changes: string | undefined;
  /** SHA-256 of `changes` as the run says it, where it does. */
  readonly changesDigest: string | undefined;
}

/** One value of a metric's history. */
export interface Point {
  readonly step: string;
  readonly value: number;
}

export interface FileFacts {
  readonly bytes: number;
  /** Of an MLmodel file, of its content without the keys that say when and where it was made. */
  readonly sha256: string;
  /** Those keys. */
  readonly leftOut?: readonly string[];
}
