import type { Client } from "@esteira/sdk/client";
import { clientFromEnvironment } from "@esteira/sdk/node/tracking-uri";
import type { Terminal } from "./command.ts";

/** The client of MLFLOW_TRACKING_URI, as MLflow's own tools find it. */
export const trackingClient = ({ env }: Pick<Terminal, "env">): Client => clientFromEnvironment(env);
