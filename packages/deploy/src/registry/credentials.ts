/**
 * Credentials as `docker login` and `podman login` leave them: in a file, or with a helper program that keeps them.
 */

import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { EsteiraError, invalid } from "@esteira/core/errors";
import { z } from "zod";
import { credentialKey, type Repository } from "./reference.ts";

export type Credentials =
  | { readonly kind: "password"; readonly username: string; readonly password: string }
  /** Is changed for an access token by the registry's token server. */
  | { readonly kind: "identity"; readonly token: string }
  /** Is the access token itself. */
  | { readonly kind: "bearer"; readonly token: string };

/** Undefined where none are kept for this repository. */
export type CredentialSource = (repository: Repository) => Promise<Credentials | undefined>;

const entryWire = z.object({
  auth: z.string().optional(),
  username: z.string().optional(),
  password: z.string().optional(),
  identitytoken: z.string().optional(),
  registrytoken: z.string().optional(),
});
const configWire = z.object({
  auths: z.record(z.string(), entryWire).optional(),
  credHelpers: z.record(z.string(), z.string()).optional(),
  credsStore: z.string().optional(),
});
type Config = z.output<typeof configWire>;

const helperWire = z.object({ Username: z.string(), Secret: z.string().min(1) });

const HELPER_MS = 30_000;
/** Helpers say this where they keep nothing for a registry; it is no failure. */
const NOTHING_KEPT = /credentials not found|no credentials|not found in native keychain/i;

/**
 * Looks where Docker and Podman look: `DOCKER_AUTH_CONFIG` (the file's content), `REGISTRY_AUTH_FILE`, the `auth.json` of containers
 * below `XDG_RUNTIME_DIR` and `XDG_CONFIG_HOME`, `DOCKER_CONFIG`, `~/.docker`. The first that knows the repository is taken.
 */
export function keptCredentials(env: Readonly<Record<string, string | undefined>>): CredentialSource {
  const home = env.HOME || homedir();
  const files = [
    ...(env.REGISTRY_AUTH_FILE ? [env.REGISTRY_AUTH_FILE] : []),
    ...(env.XDG_RUNTIME_DIR ? [join(env.XDG_RUNTIME_DIR, "containers", "auth.json")] : []),
    join(env.XDG_CONFIG_HOME || join(home, ".config"), "containers", "auth.json"),
    join(env.DOCKER_CONFIG || join(home, ".docker"), "config.json"),
  ];
  return async (repository) => {
    if (env.DOCKER_AUTH_CONFIG) {
      const kept = await fromConfig(parsedConfig(env.DOCKER_AUTH_CONFIG, "DOCKER_AUTH_CONFIG"), repository, env);
      if (kept !== undefined) return kept;
    }
    for (const file of files) {
      const text = await readFile(file, "utf8").catch(() => undefined);
      if (text === undefined || text.trim() === "") continue;
      const kept = await fromConfig(parsedConfig(text, file), repository, env);
      if (kept !== undefined) return kept;
    }
    return undefined;
  };
}

function parsedConfig(text: string, where: string): Config {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw invalid(`${where} is no JSON: credentials for registries are read from it. Mend it, or log in anew.`);
  }
  const { data, error } = configWire.safeParse(json);
  if (data !== undefined) return data;
  const issue = error.issues[0];
  throw invalid(`${where} is not as 'docker login' writes it: ${issue?.path.join(".")}: ${issue?.message}.`);
}

async function fromConfig(
  config: Config,
  { registry, repository }: Repository,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Credentials | undefined> {
  const key = credentialKey(registry);
  const helper = config.credHelpers?.[key] ?? config.credHelpers?.[registry] ?? config.credsStore;
  if (helper !== undefined && helper !== "") {
    const kept = await askHelper(helper, key, env);
    if (kept !== undefined) return kept;
  }
  const parts = repository.split("/");
  // The nearest first: Podman keeps credentials for a part of a registry too.
  const names = [...parts.map((_, n) => `${registry}/${parts.slice(0, parts.length - n).join("/")}`), registry];
  const entries = new Map(Object.entries(config.auths ?? {}).map(([name, entry]) => [bare(name), entry]));
  for (const name of [...names, bare(key)]) {
    const entry = entries.get(name);
    const kept = entry && fromEntry(entry, name);
    if (kept !== undefined) return kept;
  }
  return undefined;
}

/** `https://index.docker.io/v1/` and `ghcr.io` alike. */
const bare = (name: string): string => name.replace(/^https?:\/\//, "").replace(/(\/v[12])?\/?$/, "");

function fromEntry(entry: z.output<typeof entryWire>, name: string): Credentials | undefined {
  if (entry.registrytoken) return { kind: "bearer", token: entry.registrytoken };
  if (entry.identitytoken) return { kind: "identity", token: entry.identitytoken };
  if (entry.username && entry.password) {
    return { kind: "password", username: entry.username, password: entry.password };
  }
  if (!entry.auth) return undefined;
  const text = Buffer.from(entry.auth, "base64").toString("utf8");
  const colon = text.indexOf(":");
  if (colon < 1) throw invalid(`The credentials that are kept for ${name} cannot be read: log in there anew.`);
  // Docker ends what it writes with zero bytes.
  return { kind: "password", username: text.slice(0, colon), password: text.slice(colon + 1).replace(/\0+$/, "") };
}

/** Asks `docker-credential-NAME`, without a shell. */
async function askHelper(
  name: string,
  key: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Credentials | undefined> {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name)) throw invalid(`'${name}' is no name of a credential helper.`);
  const program = `docker-credential-${name}`;
  const said = await new Promise<string | undefined>((resolve, reject) => {
    const child = execFile(program, ["get"], { env: { ...env }, timeout: HELPER_MS }, (error, out, err) => {
      if (error === null) return resolve(out);
      if (NOTHING_KEPT.test(`${out}\n${err}`)) return resolve(undefined);
      const why =
        error.code === "ENOENT"
          ? "it is not installed"
          : error.killed === true
            ? `it did not answer within ${HELPER_MS / 1000} seconds`
            : `it ended with code ${error.code}${err.trim() === "" ? "" : ` (${err.trim().slice(0, 200)})`}`;
      const sentence = `The credential helper ${program} does not give the credentials of ${key}: ${why}.`;
      reject(new EsteiraError("UNAUTHENTICATED", sentence));
    });
    // A helper that ends early has its own word to say.
    child.stdin?.on("error", () => {});
    child.stdin?.end(key);
  });
  if (said === undefined) return undefined;
  const { data } = helperWire.safeParse(parsedOrUndefined(said));
  if (data === undefined) {
    throw new EsteiraError("UNAUTHENTICATED", `The credential helper ${program} says what is no credential of ${key}.`);
  }
  return data.Username === "<token>"
    ? { kind: "identity", token: data.Secret }
    : { kind: "password", username: data.Username, password: data.Secret };
}

function parsedOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
