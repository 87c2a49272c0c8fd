import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { invalid } from "@esteira/core/errors";
import { type Client, createClient } from "../client.ts";
import { basic, bearer, type Credentials } from "../credentials.ts";
import { databricksMachine } from "../databricks-credentials.ts";
import { STANDARD_RETRY } from "../retry.ts";
import type { TransportOptions } from "../transport.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The client that MLflow's environment variables describe: MLFLOW_TRACKING_URI (http, https, `databricks` or
 * `databricks://PROFILE`), MLFLOW_TRACKING_TOKEN, or MLFLOW_TRACKING_USERNAME and _PASSWORD, and
 * MLFLOW_HTTP_REQUEST_TIMEOUT (seconds) and _MAX_RETRIES.
 *
 * @throws EsteiraError INVALID_PARAMETER_VALUE when what is needed is missing or makes no sense.
 */
export const clientFromEnvironment = (env: Environment, uri = env.MLFLOW_TRACKING_URI): Client =>
  createClient(transportFromEnvironment(env, uri));

/** What `clientFromEnvironment` connects with. */
export function transportFromEnvironment(env: Environment, uri: string | undefined): TransportOptions {
  if (uri && /^databricks(:\/\/|$)/.test(uri)) return { ...databricksOf(env, uri), ...limitsOf(env) };
  if (!uri || !/^https?:\/\//.test(uri)) {
    throw invalid(
      `MLFLOW_TRACKING_URI is ${uri ? `'${uri}'` : "not set"}: set it to the address of a tracking server, for example http://127.0.0.1:5000, or to databricks.`,
    );
  }
  const credentials = credentialsOf(env);
  return { baseUrl: uri, ...(credentials ? { credentials } : {}), ...limitsOf(env) };
}

function credentialsOf(env: Environment): Credentials | undefined {
  const [token, user, password] = [
    env.MLFLOW_TRACKING_TOKEN,
    env.MLFLOW_TRACKING_USERNAME,
    env.MLFLOW_TRACKING_PASSWORD,
  ];
  // As MLflow's client: a user with a password goes before a token.
  if (user && password) return basic(user, password);
  return token ? bearer(token) : undefined;
}

function limitsOf(env: Environment): Pick<TransportOptions, "timeoutMs" | "retry"> {
  const seconds = whole(env, "MLFLOW_HTTP_REQUEST_TIMEOUT");
  const retries = whole(env, "MLFLOW_HTTP_REQUEST_MAX_RETRIES");
  return {
    ...(seconds === undefined ? {} : { timeoutMs: seconds * 1000 }),
    ...(retries === undefined ? {} : { retry: { ...STANDARD_RETRY, retries } }),
  };
}

function whole(env: Environment, name: string): number | undefined {
  const text = env[name];
  if (text === undefined || text === "") return undefined;
  if (/^\d+$/.test(text)) return Number(text);
  throw invalid(`${name} is '${text}': expected a whole number.`);
}

/**
 * Databricks' own order: a profile that the URI names; then DATABRICKS_HOST with a token or a service principal; then
 * the profile of DATABRICKS_CONFIG_PROFILE, else DEFAULT, of the profiles file.
 */
function databricksOf(env: Environment, uri: string): Pick<TransportOptions, "baseUrl" | "credentials"> {
  const named = uri.replace(/^databricks:?\/*/, "");
  const settings =
    named === "" && env.DATABRICKS_HOST
      ? {
          host: env.DATABRICKS_HOST,
          token: env.DATABRICKS_TOKEN,
          client_id: env.DATABRICKS_CLIENT_ID,
          client_secret: env.DATABRICKS_CLIENT_SECRET,
        }
      : profile(env, named || env.DATABRICKS_CONFIG_PROFILE || "DEFAULT");
  const host = settings.host && (/^https?:\/\//.test(settings.host) ? settings.host : `https://${settings.host}`);
  if (!host)
    throw invalid("Databricks: no host is known. Set DATABRICKS_HOST, or name it in a profile of ~/.databrickscfg.");
  if (settings.token) return { baseUrl: host, credentials: bearer(settings.token) };
  if (settings.client_id && settings.client_secret) {
    const login = { host, clientId: settings.client_id, clientSecret: settings.client_secret };
    return { baseUrl: host, credentials: databricksMachine(login) };
  }
  throw invalid(
    `Databricks: nothing says who calls ${host}. Set DATABRICKS_TOKEN, or DATABRICKS_CLIENT_ID and DATABRICKS_CLIENT_SECRET, or put token or client_id and client_secret into the profile.`,
  );
}

type Profile = Readonly<Record<"host" | "token" | "client_id" | "client_secret", string | undefined>>;

function profile(env: Environment, name: string): Profile {
  const file = env.DATABRICKS_CONFIG_FILE || join(env.HOME || homedir(), ".databrickscfg");
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    throw invalid(
      `Databricks: the profiles file ${file} cannot be read. Set DATABRICKS_HOST and DATABRICKS_TOKEN, or make a profile.`,
    );
  }
  const found = sections(text).get(name);
  if (found === undefined) throw invalid(`Databricks: ${file} has no profile [${name}].`);
  return {
    host: found.get("host"),
    token: found.get("token"),
    client_id: found.get("client_id"),
    client_secret: found.get("client_secret"),
  };
}

/** The sections of an ini file. */
function sections(text: string): ReadonlyMap<string, ReadonlyMap<string, string>> {
  const all = new Map<string, Map<string, string>>();
  let at: Map<string, string> | undefined;
  for (const line of text.split(/\r?\n/)) {
    const head = /^\s*\[([^\]]+)\]\s*$/.exec(line)?.[1];
    const [, key, value] = /^\s*([^#;=\s][^=]*?)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (head !== undefined) {
      at = new Map();
      all.set(head, at);
    } else if (key !== undefined && value !== undefined) at?.set(key, value);
  }
  return all;
}
