import { invalid } from "@esteira/core/errors";
import type { CommandOption, Values } from "./command.ts";

/** Options of MLflow's server that mean nothing here, and what to do instead; a script that has them is told by name. */
const REFUSED: readonly (readonly [flags: string, name: string, instead: string])[] = [
  [
    "--read-replica-backend-store-uri <uri>",
    "readReplicaBackendStoreUri",
    "leave it out: every process reads the database that it writes",
  ],
  ["--artifacts-only", "artifactsOnly", "leave it out: one server does tracking and artifacts"],
  [
    "--disable-security-middleware",
    "disableSecurityMiddleware",
    "name the hosts with --allowed-hosts and the origins with --cors-allowed-origins, or '*' for any",
  ],
  ["--gunicorn-opts <options>", "gunicornOpts", "leave it out: the server is one process of its own"],
  ["--waitress-opts <options>", "waitressOpts", "leave it out: the server is one process of its own"],
  ["--uvicorn-opts <options>", "uvicornOpts", "leave it out: the server is one process of its own"],
  ["--dev", "dev", "leave it out: there is no mode for development"],
  ["--trace-archival-config <path>", "traceArchivalConfig", "leave it out: this server does not offer tracing"],
  ["--enable-workspaces", "enableWorkspaces", "start one server for each workspace, each with a database of its own"],
  ["--workspace-store-uri <uri>", "workspaceStoreUri", "leave it out: there are no workspaces"],
];

/** MLflow's options that are accepted for the sake of scripts. */
export const MLFLOW_OPTIONS: readonly CommandOption[] = [
  { flags: "-w, --workers <count>", summary: "accepted; one process does the work of MLflow's workers" },
  {
    flags: "--registry-store-uri <uri>",
    summary: "accepted where it is the database of --backend-store-uri; also MLFLOW_REGISTRY_STORE_URI",
  },
  {
    flags: "--expose-prometheus <dir>",
    summary: "accepted; /metrics is there without it, and one process needs no folder to count in",
  },
  ...REFUSED.map(([flags]) => ({ flags, summary: "not offered; the server says what to do instead" })),
];

/** Refuses what has no meaning here, and says what is accepted without effect. */
export function checkMlflowOptions(
  values: Values,
  env: Readonly<Record<string, string | undefined>>,
  backendStoreUri: string,
  note: (line: string) => void,
): void {
  for (const [flags, name, instead] of REFUSED) {
    if (values[name] !== undefined) throw invalid(`${flags.split(" ")[0]} is not offered: ${instead}.`);
  }
  const registry = values.registryStoreUri ?? env.MLFLOW_REGISTRY_STORE_URI;
  if (registry !== undefined && registry !== "" && registry !== backendStoreUri) {
    throw invalid(
      "--registry-store-uri names another database than --backend-store-uri: experiments and registered models are kept in one; give the same or leave it out.",
    );
  }
  if (values.exposePrometheus !== undefined || env.MLFLOW_EXPOSE_PROMETHEUS) {
    if (values.metrics === false) throw invalid("--expose-prometheus and --no-metrics exclude each other: choose one.");
    note(
      "Metrics for Prometheus are at /metrics. One process counts for all: the folder of --expose-prometheus is not used.",
    );
  }
  if (values.workers !== undefined) note("One process serves all requests: --workers has no effect.");
}
