import { invalid } from "@esteira/core/errors";
import { type Client, createClient } from "@esteira/sdk/client";
import type { Terminal } from "./command.ts";

/** The client of MLFLOW_TRACKING_URI, as MLflow's own tools find it; basic and bearer credentials from its variables. */
export function trackingClient({ env }: Pick<Terminal, "env">): Client {
  const uri = env.MLFLOW_TRACKING_URI;
  if (!uri || !/^https?:\/\//.test(uri)) {
    throw invalid(
      `MLFLOW_TRACKING_URI is ${uri ? `'${uri}'` : "not set"}: set it to the address of a tracking server, for example http://127.0.0.1:5000.`,
    );
  }
  const token = env.MLFLOW_TRACKING_TOKEN;
  const user = env.MLFLOW_TRACKING_USERNAME;
  const password = env.MLFLOW_TRACKING_PASSWORD;
  const authorization = token
    ? `Bearer ${token}`
    : user && password
      ? `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`
      : undefined;
  return createClient({ baseUrl: uri, ...(authorization ? { headers: { authorization } } : {}) });
}
