import { invalid } from "@esteira/core/errors";
import { text, type Values } from "./command.ts";

export function portOf(text: string | undefined, name = "--port"): number {
  const port = Number(text);
  if (text === undefined || !/^\d+$/.test(text) || port > 65_535) {
    throw invalid(`${name} is '${text ?? ""}': expected a whole number from 0 to 65535.`);
  }
  return port;
}

/** The port of a tracking server: its flag, else MLflow's variable, else MLflow's own. */
export function serverPort(values: Values, env: Readonly<Record<string, string | undefined>>): number {
  const given = text(values, "port");
  return given === undefined && env.MLFLOW_PORT ? portOf(env.MLFLOW_PORT, "MLFLOW_PORT") : portOf(given ?? "5000");
}

/** Where a deployment is to listen, as its field; nothing where the command line says nothing. Throws INVALID_PARAMETER_VALUE. */
export function deployedPort(port: string | undefined): { readonly port?: number } {
  if (port === undefined) return {};
  if (/^[1-9]\d{0,4}$/.test(port) && Number(port) <= 65_535) return { port: Number(port) };
  throw invalid(`--port is '${port}': expected 1 to 65535.`);
}
