import { invalid } from "@esteira/core/errors";
import type { CommandOption, Values } from "./command.ts";

interface Refused {
  readonly flags: string;
  /** The name of its value among the parsed options. */
  readonly name: string;
  /** MLflow's variable for it. */
  readonly variable?: string;
  readonly instead: string;
}

/** Options of MLflow's server that mean nothing here, and what to do instead; a script that has them is told by name. */
const REFUSED: readonly Refused[] = [
  {
    flags: "--read-replica-backend-store-uri <uri>",
    name: "readReplicaBackendStoreUri",
    variable: "MLFLOW_READ_REPLICA_BACKEND_STORE_URI",
    instead: "leave it out: every process reads the database that it writes",
  },
  {
    flags: "--artifacts-only",
    name: "artifactsOnly",
    variable: "MLFLOW_ARTIFACTS_ONLY",
    instead:
      "leave it out: one server does tracking and artifacts; for more throughput, start several over one PostgreSQL and one S3 bucket, or let clients reach the bucket with --no-serve-artifacts",
  },
  {
    flags: "--disable-security-middleware",
    name: "disableSecurityMiddleware",
    variable: "MLFLOW_SERVER_DISABLE_SECURITY_MIDDLEWARE",
    instead: "name the hosts with --allowed-hosts and the origins with --cors-allowed-origins, or '*' for any",
  },
  {
    flags: "--gunicorn-opts <options>",
    name: "gunicornOpts",
    variable: "MLFLOW_GUNICORN_OPTS",
    instead: "leave it out: the server is one process of its own",
  },
  {
    flags: "--waitress-opts <options>",
    name: "waitressOpts",
    instead: "leave it out: the server is one process of its own",
  },
  {
    flags: "--uvicorn-opts <options>",
    name: "uvicornOpts",
    variable: "MLFLOW_UVICORN_OPTS",
    instead: "leave it out: the server is one process of its own",
  },
  { flags: "--dev", name: "dev", instead: "leave it out: there is no mode for development" },
  {
    flags: "--trace-archival-config <path>",
    name: "traceArchivalConfig",
    variable: "MLFLOW_TRACE_ARCHIVAL_CONFIG",
    instead: "leave it out: this server does not offer tracing",
  },
  {
    flags: "--enable-workspaces",
    name: "enableWorkspaces",
    variable: "MLFLOW_ENABLE_WORKSPACES",
    instead: "start one server for each workspace, each with a database of its own",
  },
  {
    flags: "--workspace-store-uri <uri>",
    name: "workspaceStoreUri",
    variable: "MLFLOW_WORKSPACE_STORE_URI",
    instead: "leave it out: there are no workspaces",
  },
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
  { flags: "--secrets-cache-ttl <seconds>", summary: "accepted; there is no AI gateway whose secrets were kept" },
  { flags: "--secrets-cache-max-size <count>", summary: "accepted, likewise" },
  { flags: "--disable-workspaces", summary: "accepted; there are none" },
  ...REFUSED.map(({ flags }) => ({ flags, summary: "not offered; the server says what to do instead" })),
];

/** Refuses what has no meaning here, and says what is accepted without effect. */
export function checkMlflowOptions(
  values: Values,
  env: Readonly<Record<string, string | undefined>>,
  backendStoreUri: string,
  note: (line: string) => void,
): void {
  for (const { flags, name, variable, instead } of REFUSED) {
    const flag = flags.split(" ")[0];
    if (values[name] !== undefined) throw invalid(`${flag} is not offered: ${instead}.`);
    if (variable !== undefined && isSet(env[variable])) {
      throw invalid(`${variable} is set, and ${flag} is not offered: ${instead}.`);
    }
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
  if (values.workers !== undefined || isSet(env.MLFLOW_WORKERS)) {
    note("One process serves all requests: --workers has no effect.");
  }
}

/** A switch that is turned off is as one that nobody has set. */
const isSet = (value: string | undefined): boolean => value !== undefined && !/^(|false|0|no|off)$/i.test(value.trim());
