import type { RunStatus } from "@esteira/core/entities/run";
import type { ExperimentId, RunId } from "@esteira/core/ids";
import type { Client } from "@esteira/sdk/client";
import type { Backend } from "../backends/backend.ts";
import type { FetchedProject } from "../source/fetch-project.ts";
import type { Stop } from "./execute.ts";
import type { BackendSettings } from "./settings.ts";

export interface RunProjectOptions {
  readonly client: Client;
  /** A folder or a git address, with `#FOLDER` for a folder in it. */
  readonly uri: string;
  readonly version?: string | undefined;
  /** The project, where it was fetched already; whoever fetched it removes it. */
  readonly fetched?: FetchedProject | undefined;
  readonly entryPoint: string;
  readonly parameters: ReadonlyMap<string, string>;
  /** What the run logs in place of a parameter's value: of a file that lies elsewhere now, where it was. */
  readonly loggedAs?: ReadonlyMap<string, string> | undefined;
  readonly experimentId: ExperimentId;
  readonly runName?: string | undefined;
  /** A run that is there already, in place of a new one. */
  readonly runId?: RunId | undefined;
  readonly user: string;
  /** Besides those that every run of a project has. */
  readonly tags?: Readonly<Record<string, string>>;
  /** By default what suits the project. */
  readonly environmentManager?: string | undefined;
  readonly backend: Backend;
  readonly settings: BackendSettings;
  /** Which finished steps of a workflow are run again, whatever is known of them; by default none. */
  readonly again?: { readonly kind: "all" } | { readonly kind: "from"; readonly step: string } | undefined;
  /** Where remote files of `path` parameters are kept; by default they go with the run's end. */
  readonly storageDir?: string | undefined;
  readonly cwd: string;
  /** The command gets these, and MLflow's variables for its run. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly onOutput: (chunk: Uint8Array, stream: "out" | "err") => void;
  /** What a person may want to know meanwhile. */
  readonly note: (line: string) => void;
  readonly stop: Stop;
  readonly clock?: () => number;
}

export interface ProjectRun {
  readonly runId: RunId;
  readonly status: RunStatus;
  /** Why it did not finish. */
  readonly reason?: string;
}
