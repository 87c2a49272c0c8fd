import { invalid } from "@esteira/core/errors";
import type { Terminal } from "../command.ts";
import type { ServeSettings } from "./serve-settings.ts";

/** Where a container's model lies, the first of these that there is: where SageMaker puts one, then where the image has its own. */
export const MODEL_FOLDERS = ["/opt/ml/model", "/app/model"] as const;

const PORT = "8080";
const MEBIBYTE = 1024 * 1024;

/**
 * What a container serves, read from its environment: PORT or SAGEMAKER_BIND_TO_PORT, and ESTEIRA_… for the rest. An empty variable is
 * none, as those who write manifests by template leave them.
 *
 * @throws EsteiraError INVALID_PARAMETER_VALUE naming the variable that is wrong.
 */
export function containerSettings(env: Terminal["env"], folder: string): ServeSettings {
  const given = (name: string): string | undefined => env[name] || undefined;
  const whole = (name: string, standard: string, low: number, high: number): number => {
    const value = given(name) ?? standard;
    if (/^\d+$/.test(value) && Number(value) >= low && Number(value) <= high) return Number(value);
    throw invalid(`${name} is '${value}': expected a whole number from ${low} to ${high}.`);
  };
  const portName = given("PORT") === undefined ? "SAGEMAKER_BIND_TO_PORT" : "PORT";
  const requestLog = given("ESTEIRA_REQUEST_LOG");
  const decisions = given("ESTEIRA_DECISIONS");
  const threshold = given("ESTEIRA_DECISIONS_THRESHOLD");
  if (threshold !== undefined && decisions === undefined)
    throw invalid("ESTEIRA_DECISIONS_THRESHOLD belongs to ESTEIRA_DECISIONS, the folder that records are written to.");
  if (threshold !== undefined && (threshold.trim() === "" || !Number.isFinite(Number(threshold))))
    throw invalid(`ESTEIRA_DECISIONS_THRESHOLD is '${threshold}': expected a number.`);
  return {
    uri: folder,
    engine: "native",
    python: "python3",
    timeoutSeconds: 60,
    host: given("ESTEIRA_HOST") ?? "0.0.0.0",
    port: whole(portName, PORT, 0, 65_535),
    workers: 1,
    canary: undefined,
    shadowUri: undefined,
    deployment: undefined,
    refreshSeconds: 0,
    maxInFlight: whole("ESTEIRA_MAX_IN_FLIGHT", "256", 1, 1_000_000),
    bodyLimit: whole("ESTEIRA_BODY_LIMIT", "16", 1, 1024) * MEBIBYTE,
    requestLog: requestLog === undefined ? undefined : { folder: requestLog, sample: 1, redact: [] },
    decisions:
      decisions === undefined
        ? undefined
        : { folder: decisions, threshold: threshold === undefined ? undefined : Number(threshold) },
    warmUp: true,
  };
}
