import type { ExperimentId } from "@esteira/core/ids";
import type { XgboostLibrary } from "@esteira/models/engines/xgboost/library";
import type { NativeXgboost } from "@esteira/models/engines/xgboost/native";
import type { Client } from "@esteira/sdk/client";
import type { Environment } from "@esteira/sdk/node/environment";
import type { GateRules } from "./gate-step.ts";
import type { JobOptions } from "./options.ts";
import type { Protocol } from "./protocol.ts";

/** What the steps of the job share: made once, in `run.ts`. */
export interface JobContext {
  readonly options: JobOptions;
  readonly protocol: Protocol;
  /** Of this run of the job: its runs carry it. A step of the project, which shares its server with others, has none. */
  readonly jobId: string | undefined;
  readonly gate: GateRules;
  readonly client: Client;
  readonly experimentId: ExperimentId;
  /** The tracking server's address. */
  readonly url: string;
  readonly user: string;
  readonly environment: Environment;
  readonly library: XgboostLibrary;
  readonly native: NativeXgboost;
  /** Fires on Ctrl-C. */
  readonly signal: AbortSignal;
  /** A folder for files on their way to the server; removed at the end. */
  readonly scratch: string;
  readonly clock: () => number;
}
