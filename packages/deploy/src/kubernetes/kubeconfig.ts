/** Which cluster is meant, and as whom: from kubeconfig files as kubectl reads them, or from inside a pod. */

import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { EsteiraError, invalid } from "@esteira/core/errors";
import { parseDocument } from "yaml";
import { z } from "zod";

type Env = Readonly<Record<string, string | undefined>>;

const clusterWire = z.looseObject({
  server: z.string(),
  "certificate-authority": z.string().optional(),
  "certificate-authority-data": z.string().optional(),
  "insecure-skip-tls-verify": z.boolean().optional(),
  "tls-server-name": z.string().optional(),
  "proxy-url": z.string().optional(),
});

const execWire = z.looseObject({
  apiVersion: z.string(),
  command: z.string(),
  args: z.array(z.string()).nullish(),
  env: z.array(z.object({ name: z.string(), value: z.string() })).nullish(),
  installHint: z.string().optional(),
  provideClusterInfo: z.boolean().optional(),
  interactiveMode: z.enum(["Never", "IfAvailable", "Always"]).optional(),
});
export type ExecPlugin = z.output<typeof execWire>;

const userWire = z.looseObject({
  token: z.string().optional(),
  tokenFile: z.string().optional(),
  username: z.string().optional(),
  password: z.string().optional(),
  "client-certificate": z.string().optional(),
  "client-certificate-data": z.string().optional(),
  "client-key": z.string().optional(),
  "client-key-data": z.string().optional(),
  exec: execWire.optional(),
  "auth-provider": z.unknown().optional(),
  as: z.string().optional(),
});

const listOf = <T extends z.ZodType>(item: T) =>
  z
    .array(item)
    .nullish()
    .transform((items) => items ?? []);

const contextWire = z.looseObject({
  cluster: z.string().optional(),
  user: z.string().optional(),
  namespace: z.string().optional(),
});

const configWire = z.looseObject({
  "current-context": z.string().nullish(),
  clusters: listOf(z.looseObject({ name: z.string(), cluster: clusterWire.nullish() })),
  users: listOf(z.looseObject({ name: z.string(), user: userWire.nullish() })),
  contexts: listOf(z.looseObject({ name: z.string(), context: contextWire.nullish() })),
});

/** A cluster, and how its caller says who he is. */
export interface Access {
  /** For messages: the context's name, or "this pod's cluster". */
  readonly title: string;
  readonly server: string;
  readonly namespace: string;
  readonly tls: { readonly ca?: string; readonly insecure?: boolean; readonly serverName?: string };
  readonly user: {
    readonly token?: string;
    /** Read again for each request: whoever wrote it changes it. */
    readonly tokenFile?: string;
    readonly basic?: { readonly username: string; readonly password: string };
    readonly certificate?: { readonly cert: string; readonly key: string };
    readonly exec?: ExecPlugin & { readonly folder: string };
    readonly as?: string;
  };
}

const SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";

/**
 * The cluster of a context; without a name, of the current one. Where there is no kubeconfig and this is a pod, the pod's own cluster.
 *
 * @throws EsteiraError INVALID_PARAMETER_VALUE where none is named, or a file is not what is expected.
 */
export async function clusterAccess(env: Env, context?: string): Promise<Access> {
  const listed = (env.KUBECONFIG ?? "").split(delimiter).filter((path) => path !== "");
  const paths = listed.length > 0 ? listed : [join(env.HOME || homedir(), ".kube", "config")];
  const files = (await Promise.all(paths.map(readConfig))).filter((file) => file !== undefined);
  if (files.length === 0) {
    if (context === undefined && env.KUBERNETES_SERVICE_HOST !== undefined) return podAccess(env);
    throw invalid(`No cluster is known: there is no kubeconfig at ${paths.join(", ")}. Name one with KUBECONFIG.`);
  }
  const wanted = context ?? files.map(({ config }) => config["current-context"]).find((name) => (name ?? "") !== "");
  const contexts = files.flatMap(({ config }) => config.contexts);
  if (wanted === undefined || wanted === null) {
    throw invalid(`The kubeconfig names no current context: say which with --context (${names(contexts)}).`);
  }
  const chosen = contexts.find(({ name }) => name === wanted)?.context;
  if (chosen === undefined || chosen === null) {
    throw invalid(`The kubeconfig has no context '${wanted}': it has ${names(contexts)}.`);
  }
  const of = <T>(
    kind: "cluster" | "user",
    find: (file: ConfigFile) => T | null | undefined,
    name: string | undefined,
  ) => {
    for (const file of files) {
      const value = find(file);
      if (value !== undefined && value !== null) return { value, folder: dirname(resolve(file.path)) };
    }
    throw invalid(
      `The context '${wanted}' of the kubeconfig names the ${kind} '${name ?? ""}', which is in no file of it.`,
    );
  };
  const cluster = of(
    "cluster",
    ({ config }) => config.clusters.find(({ name }) => name === chosen.cluster)?.cluster,
    chosen.cluster,
  );
  const user = of("user", ({ config }) => config.users.find(({ name }) => name === chosen.user)?.user, chosen.user);
  return {
    title: wanted,
    server: checkServer(cluster.value.server, wanted),
    namespace: chosen.namespace || "default",
    tls: await tlsOf(cluster.value, cluster.folder, wanted),
    user: await userOf(user.value, user.folder, wanted),
  };
}

interface ConfigFile {
  readonly path: string;
  readonly config: z.output<typeof configWire>;
}

const names = (items: readonly { readonly name: string }[]): string =>
  items.length === 0 ? "none" : items.map(({ name }) => name).join(", ");

async function readConfig(path: string): Promise<ConfigFile | undefined> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw invalid(`The kubeconfig ${path} cannot be read: ${error instanceof Error ? error.message : String(error)}.`);
  }
  const document = parseDocument(text);
  const fault = document.errors[0];
  // The parser's own message shows the line, which may have a token in it.
  if (fault !== undefined) throw invalid(`The kubeconfig ${path} is no YAML: line ${fault.linePos?.[0].line ?? "?"}.`);
  const { data, error } = configWire.safeParse(document.toJS() ?? {});
  if (data !== undefined) return { path, config: data };
  throw invalid(
    `The kubeconfig ${path} is not understood: ${error.issues[0]?.path.join(".")} ${error.issues[0]?.message}.`,
  );
}

function checkServer(server: string, context: string): string {
  const url = URL.canParse(server) ? new URL(server) : undefined;
  const isLoopback = url !== undefined && ["127.0.0.1", "localhost", "[::1]"].includes(url.hostname);
  if (url?.protocol === "https:" || (url?.protocol === "http:" && isLoopback)) return server.replace(/\/+$/, "");
  throw invalid(
    `The server of the context '${context}' is '${server}': expected https:// (http:// on this machine only).`,
  );
}

async function tlsOf(cluster: z.output<typeof clusterWire>, folder: string, context: string): Promise<Access["tls"]> {
  if (cluster["proxy-url"] !== undefined) {
    throw new EsteiraError(
      "NOT_IMPLEMENTED",
      `The context '${context}' is reached through a proxy (proxy-url), which is not supported.`,
    );
  }
  const ca = await held(cluster["certificate-authority-data"], cluster["certificate-authority"], folder);
  const serverName = cluster["tls-server-name"];
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cluster["insecure-skip-tls-verify"] === true ? { insecure: true } : {}),
    ...(serverName === undefined ? {} : { serverName }),
  };
}

async function userOf(user: z.output<typeof userWire>, folder: string, context: string): Promise<Access["user"]> {
  if (user["auth-provider"] !== undefined) {
    throw new EsteiraError(
      "NOT_IMPLEMENTED",
      `The user of the context '${context}' has an auth-provider, which Kubernetes gave up with 1.26: let the kubeconfig be written anew, with an exec plugin.`,
    );
  }
  const cert = await held(user["client-certificate-data"], user["client-certificate"], folder);
  const key = await held(user["client-key-data"], user["client-key"], folder);
  const { token, tokenFile, username, password, exec, as } = user;
  return {
    ...(tokenFile === undefined ? (token === undefined ? {} : { token }) : { tokenFile: resolve(folder, tokenFile) }),
    ...(username === undefined ? {} : { basic: { username, password: password ?? "" } }),
    ...(cert === undefined || key === undefined ? {} : { certificate: { cert, key } }),
    ...(exec === undefined ? {} : { exec: { ...exec, folder } }),
    ...(as === undefined ? {} : { as }),
  };
}

async function held(data: string | undefined, file: string | undefined, folder: string): Promise<string | undefined> {
  if (data !== undefined) return Buffer.from(data, "base64").toString("utf8");
  if (file === undefined) return undefined;
  return readFile(resolve(folder, file), "utf8").catch((error: Error) => {
    throw invalid(`The kubeconfig names the file ${resolve(folder, file)}, which cannot be read: ${error.message}.`);
  });
}

async function podAccess(env: Env): Promise<Access> {
  const host = env.KUBERNETES_SERVICE_HOST ?? "";
  return {
    title: "this pod's cluster",
    server: `https://${host.includes(":") ? `[${host}]` : host}:${env.KUBERNETES_SERVICE_PORT || "443"}`,
    namespace: (await readFile(join(SERVICE_ACCOUNT, "namespace"), "utf8").catch(() => "default")).trim(),
    tls: { ca: await readFile(join(SERVICE_ACCOUNT, "ca.crt"), "utf8") },
    user: { tokenFile: join(SERVICE_ACCOUNT, "token") },
  };
}
