/**
 * A place where a model version is served: a process on this machine, a container, a cluster. Who deploys says what is wanted,
 * and how it comes about is the target's affair. Every call may be made again: what is so already stays as it is.
 */

import type { Observation } from "./observation.ts";
import type { Wanted } from "./wanted.ts";

export interface Target {
  /** What `apply` would change, a sentence each; none when it is so already. Changes nothing. */
  plan(wanted: Wanted): Promise<readonly string[]>;
  /**
   * Makes it so, and resolves when every model that is wanted answers there. When one of them cannot be served, what was
   * served before still is, and it throws INVALID_PARAMETER_VALUE with what the serving process said.
   */
  apply(wanted: Wanted, options?: ApplyOptions): Promise<DeploymentStatus>;
  /** Undefined where nothing of this name is deployed. */
  status(name: string): Promise<DeploymentStatus | undefined>;
  list(): Promise<readonly DeploymentStatus[]>;
  /** How its models have done since the last change; undefined when nobody answers there now. */
  observe(name: string): Promise<Observation | undefined>;
  /**
   * Asks the deployed models on behalf of whoever cannot reach their address from here; targets without it are asked at their `url`.
   * Throws TEMPORARILY_UNAVAILABLE where nothing answers.
   */
  ask?(name: string, question: Question): Promise<Reply>;
  /** The last lines that the serving process wrote. */
  logs(name: string, lines: number): Promise<readonly string[]>;
  /** Applies what was wanted before the last change. Throws INVALID_STATE where there was nothing before. */
  rollback(name: string, options?: ApplyOptions): Promise<DeploymentStatus>;
  /** Ends what serves and forgets it. False when there was nothing. */
  remove(name: string, options?: ApplyOptions): Promise<boolean>;
}

/** A request, as a caller would send it. */
export interface Question {
  /** Below the address, without the slash: `ping`, `invocations`. */
  readonly path: string;
  /** JSON that is posted; without, the path is got. */
  readonly body?: string;
}

export interface Reply {
  readonly status: number;
  readonly text: string;
}

export interface ApplyOptions {
  /**
   * Where this change stands among all changes of whoever deploys: one with a smaller number than the newest is refused
   * with INVALID_STATE. So a deployer that was thought dead cannot undo what its successor did.
   */
  readonly order?: number;
  /** Gives up waiting. What was begun may come about all the same. */
  readonly signal?: AbortSignal;
}

export interface DeploymentStatus {
  readonly wanted: Wanted;
  /** `failed` when what is wanted cannot be served; `problem` says why. */
  readonly state: "starting" | "serving" | "failed";
  /** Counts the changes of what is wanted. */
  readonly generation: number;
  /** Where callers reach it, `http://host:port`: the same until it is removed. */
  readonly url?: string;
  /** How often it ended by itself and was started again since the last change. */
  readonly restarts: number;
  readonly problem?: string;
  /** What was wanted before the last change. */
  readonly former?: Wanted;
}
