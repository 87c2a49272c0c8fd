/** What a command needs around it, ready. */
export interface PreparedEnvironment {
  /** Folders that go before the others in `PATH`. */
  readonly path: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
  /** What it was, for the run. */
  readonly tags: Readonly<Record<string, string>>;
  /** Things were left as they are: what there is, only its programs can say. */
  readonly asItIs?: true;
  /** Where commands run in an image. */
  readonly image?: string;
}

/** As `--env-manager` names them; `node` is Esteira's own. */
export const ENVIRONMENT_MANAGERS = ["local", "virtualenv", "uv", "conda", "node"] as const;
export type EnvironmentManager = (typeof ENVIRONMENT_MANAGERS)[number];
/** Of an image that a command runs in nothing is made: what it has is the environment. */
export type WhatMakes = EnvironmentManager | "image";

export interface PrepareOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly note: (line: string) => void;
  readonly signal: AbortSignal;
}
