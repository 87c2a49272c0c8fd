import { createMetrics, type Metrics } from "@esteira/core/metrics";
import type { DatabaseLoad, DatabaseMeter } from "@esteira/store/database/meter";
import { watchProcess } from "./process-metrics.ts";

/** The version of MLflow whose exporter's series are offered too, as its own label says it. */
const MLFLOW_VERSION = "3.17.2";

/** Upper bounds in seconds: most answers take a millisecond, an upload may take a minute. */
const REQUEST_BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60];
const MLFLOW_BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
const COMMIT_BOUNDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5];
const GROUP_BOUNDS = [1, 2, 5, 10, 20, 50, 100, 200];
/** MLflow's exporter leaves these out of its series. */
const NOT_IN_MLFLOW = new Set(["/health", "/ready", "/version", "/metrics"]);

export type WebhookOutcome = "delivered" | "retried" | "failed";

/** What a server counts, and who tells it: each part of the server gets the functions that it needs. */
export interface ServerMetrics {
  readonly database: DatabaseMeter;
  requestBegun(): void;
  /**
   * `route` is the template of the path ("/get-artifact", "/api/.../:model_id"), never the path itself, of which there is
   * no end; `status` is "aborted" when the client has not waited.
   */
  requestEnded(request: { method: string; route: string; status: string; seconds: number }): void;
  artifactBytes(direction: "received" | "sent", bytes: number): void;
  webhookAttempted(outcome: WebhookOutcome): void;
  /** Lets the outbox be read when somebody asks. */
  watchOutbox(read: () => Promise<{ readonly pending: number; readonly oldest?: number }>): void;
  render(): Promise<string>;
  /** Ends the watch over the event loop. */
  close(): void;
}

/** Begins to count. One a process: it also tells of the process's memory and event loop. */
export function createServerMetrics(): ServerMetrics {
  const metrics = createMetrics();
  let inFlight = 0;
  const durations = metrics.histogram(
    "esteira_http_request_duration_seconds",
    "Time from the head of a request to the end of its answer.",
    REQUEST_BOUNDS,
    ["method", "route", "status"],
  );
  metrics.gauge("esteira_http_requests_in_flight", "Requests under way, this one included.", () => inFlight);
  const artifacts = metrics.counter(
    "esteira_artifact_bytes_total",
    "Bytes of artifacts that passed through the server.",
    ["direction"],
  );
  for (const direction of ["received", "sent"]) artifacts.add(0, direction);
  const database = databaseMetrics(metrics);
  const attempts = metrics.counter(
    "esteira_webhook_attempts_total",
    "Attempts to deliver a webhook, by what came of them.",
    ["outcome"],
  );
  for (const outcome of ["delivered", "retried", "failed"]) attempts.add(0, outcome);
  let readOutbox: Parameters<ServerMetrics["watchOutbox"]>[0] | undefined;
  metrics.gauge("esteira_webhook_deliveries_pending", "Deliveries of webhooks still to be made.", async () =>
    readOutbox?.().then(({ pending }) => pending),
  );
  metrics.gauge(
    "esteira_webhook_oldest_pending_seconds",
    "Since when the oldest of them waits; 0 when none does.",
    async () =>
      readOutbox?.().then(({ oldest }) => (oldest === undefined ? 0 : Math.max(0, Date.now() - oldest) / 1000)),
  );
  const mlflow = mlflowMetrics(metrics);
  const { close } = watchProcess(metrics);
  return {
    database,
    requestBegun: () => {
      inFlight += 1;
    },
    requestEnded: ({ method, route, status, seconds }) => {
      inFlight -= 1;
      durations.observe(seconds, method, route, status);
      if (!NOT_IN_MLFLOW.has(route)) mlflow(method, status, seconds);
    },
    artifactBytes: (direction, bytes) => artifacts.add(bytes, direction),
    webhookAttempted: (outcome) => attempts.add(1, outcome),
    watchOutbox: (read) => {
      readOutbox = read;
    },
    render: () => metrics.render(),
    close,
  };
}

function databaseMetrics(metrics: Metrics): DatabaseMeter {
  let load: (() => DatabaseLoad) | undefined;
  metrics.gauge(
    "esteira_database_waiting",
    "What waits for the database: writes for the next commit (SQLite), transactions for a connection (PostgreSQL).",
    () => load?.().waiting,
  );
  metrics.gauge(
    "esteira_database_connections",
    "Connections to PostgreSQL.",
    () => {
      const connections = load?.().connections;
      if (connections === undefined) return undefined;
      const { open, idle } = connections;
      return [
        { value: open - idle, labels: ["busy"] },
        { value: idle, labels: ["idle"] },
      ];
    },
    ["state"],
  );
  const groups = metrics.histogram(
    "esteira_database_commit_writes",
    "Writes that shared one commit, and so one wait for the disk.",
    GROUP_BOUNDS,
  );
  const seconds = metrics.histogram(
    "esteira_database_commit_duration_seconds",
    "Time of a commit, from its first statement until it is on the disk.",
    COMMIT_BOUNDS,
  );
  return {
    watch: (now) => {
      load = now;
    },
    committed: (writes, took) => {
      groups.observe(writes);
      seconds.observe(took);
    },
  };
}

/** The series of MLflow's own exporter, so that what watches an MLflow server watches this one. */
function mlflowMetrics(metrics: Metrics): (method: string, status: string, seconds: number) => void {
  const durations = metrics.histogram(
    "mlflow_http_request_duration_seconds",
    "As MLflow's exporter has it: time of requests by method and status.",
    MLFLOW_BOUNDS,
    ["method", "mlflow_version", "status"],
  );
  const requests = metrics.counter(
    "mlflow_http_request_total",
    "As MLflow's exporter has it: requests by method and status.",
    ["method", "status"],
  );
  return (method, status, seconds) => {
    durations.observe(seconds, method, MLFLOW_VERSION, status);
    requests.add(1, method, status);
  };
}
