import { invalid } from "@esteira/core/errors";
import type { ConnectionLimits } from "@esteira/models/serving/connections";
import type { Terminal } from "../command.ts";
import { engineSettings } from "../engine-options.ts";
import type { RouterOptions } from "./router.ts";
import type { ServeSettings } from "./serve-settings.ts";

/** Where a container's model lies, the first of these that there is: where SageMaker puts one, then where the image has its own. */
export const MODEL_FOLDERS = ["/opt/ml/model", "/app/model"] as const;

const PORT = "8080";
const MEBIBYTE = 1024 * 1024;
/** Callers who ask more seldom than this find their connection closed when a container ends. */
const LINGER_MS = 5000;

/**
 * What a container serves, read from its environment: PORT or SAGEMAKER_BIND_TO_PORT, and ESTEIRA_… for the rest. An empty variable is
 * none, as those who write manifests by template leave them.
 *
 * @throws EsteiraError INVALID_PARAMETER_VALUE naming the variable that is wrong.
 */
export function containerSettings(env: Terminal["env"], folder: string): ServeSettings {
  const { given, whole } = reader(env);
  const requestLog = given("ESTEIRA_REQUEST_LOG");
  const decisions = given("ESTEIRA_DECISIONS");
  const threshold = given("ESTEIRA_DECISIONS_THRESHOLD");
  if (threshold !== undefined && decisions === undefined)
    throw invalid("ESTEIRA_DECISIONS_THRESHOLD belongs to ESTEIRA_DECISIONS, the folder that records are written to.");
  if (threshold !== undefined && (threshold.trim() === "" || !Number.isFinite(Number(threshold))))
    throw invalid(`ESTEIRA_DECISIONS_THRESHOLD is '${threshold}': expected a number.`);
  return {
    uri: folder,
    // An image for models that Python scores says both.
    ...engineSettings({}, env),
    timeoutSeconds: 60,
    ...address(env),
    workers: 1,
    canary: undefined,
    shadowUri: undefined,
    deployment: undefined,
    refreshSeconds: 0,
    maxInFlight: whole("ESTEIRA_MAX_IN_FLIGHT", "256", 1, 1_000_000),
    bodyLimit: bodyLimit(env),
    connections: connections(env),
    requestLog: requestLog === undefined ? undefined : { folder: requestLog, sample: 1, redact: [] },
    decisions:
      decisions === undefined
        ? undefined
        : { folder: decisions, threshold: threshold === undefined ? undefined : Number(threshold) },
    warmUp: true,
  };
}

/** Where a container finds the file of routes that it follows. */
const ROUTES = "/etc/esteira/routes.json";

/** What a container that routes is told by its environment: ESTEIRA_ROUTES (a file, or the routes themselves), ESTEIRA_ROUTE_TIMEOUT in seconds, and what one that serves is. */
export function routeSettings(env: Terminal["env"]): Omit<RouterOptions, "note"> {
  const { given, whole } = reader(env);
  const routes = given("ESTEIRA_ROUTES") ?? ROUTES;
  return {
    ...address(env),
    file: routes.startsWith("{") ? { text: routes } : routes,
    timeoutMs: whole("ESTEIRA_ROUTE_TIMEOUT", "60", 1, 86_400) * 1000,
    maxInFlight: whole("ESTEIRA_MAX_IN_FLIGHT", "512", 1, 1_000_000),
    bodyLimit: bodyLimit(env),
    connections: connections(env),
  };
}

function address(env: Terminal["env"]): { readonly host: string; readonly port: number } {
  const { given, whole } = reader(env);
  const portName = given("PORT") === undefined ? "SAGEMAKER_BIND_TO_PORT" : "PORT";
  return { host: given("ESTEIRA_HOST") ?? "0.0.0.0", port: whole(portName, PORT, 0, 65_535) };
}

/** Behind a name that leads elsewhere by and by, callers connect anew now and then: ESTEIRA_CONNECTION_SECONDS. */
const connections = (env: Terminal["env"]): ConnectionLimits => ({
  ageMs: reader(env).whole("ESTEIRA_CONNECTION_SECONDS", "10", 1, 86_400) * 1000,
  lingerMs: LINGER_MS,
});

const bodyLimit = (env: Terminal["env"]): number => reader(env).whole("ESTEIRA_BODY_LIMIT", "16", 1, 1024) * MEBIBYTE;

function reader(env: Terminal["env"]) {
  const given = (name: string): string | undefined => env[name] || undefined;
  return {
    given,
    whole(name: string, standard: string, low: number, high: number): number {
      const value = given(name) ?? standard;
      if (/^\d+$/.test(value) && Number(value) >= low && Number(value) <= high) return Number(value);
      throw invalid(`${name} is '${value}': expected a whole number from ${low} to ${high}.`);
    },
  };
}
