import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { EsteiraError } from "@esteira/core/errors";
import { z } from "zod";
import type { Access } from "./kubeconfig.ts";

/** What a request says of its caller. */
export interface Credentials {
  readonly headers: Readonly<Record<string, string>>;
  readonly certificate?: { readonly cert: string; readonly key: string };
}

const credentialWire = z.looseObject({
  status: z.looseObject({
    expirationTimestamp: z.iso.datetime({ offset: true }).optional(),
    token: z.string().optional(),
    clientCertificateData: z.string().optional(),
    clientKeyData: z.string().optional(),
  }),
});

const PLUGIN_MS = 60_000;
const EARLY_MS = 10_000;
const SAID_LENGTH = 400;

/** Who the caller is, found when it is needed. `again` after the cluster has refused what was said. */
export function credentialsOf(access: Access, env: Readonly<Record<string, string | undefined>>) {
  const { user } = access;
  let held: { readonly until: number; readonly credentials: Credentials } | undefined;
  const fixed: Credentials = {
    headers: {
      ...(user.token === undefined ? {} : { authorization: `Bearer ${user.token}` }),
      ...(user.basic === undefined
        ? {}
        : {
            authorization: `Basic ${Buffer.from(`${user.basic.username}:${user.basic.password}`).toString("base64")}`,
          }),
      ...(user.as === undefined ? {} : { "impersonate-user": user.as }),
    },
    ...(user.certificate === undefined ? {} : { certificate: user.certificate }),
  };
  return {
    /** Whether asking again may find something else. */
    canChange: user.exec !== undefined || user.tokenFile !== undefined,
    async read(again = false): Promise<Credentials> {
      if (user.tokenFile !== undefined) {
        const token = (await readFile(user.tokenFile, "utf8")).trim();
        return { ...fixed, headers: { ...fixed.headers, authorization: `Bearer ${token}` } };
      }
      if (user.exec === undefined) return fixed;
      if (held === undefined || again || Date.now() > held.until - EARLY_MS)
        held = await askPlugin(access, user.exec, env, fixed);
      return held.credentials;
    },
  };
}

/** Runs the plugin that the kubeconfig names, without a shell: its words are its words. */
async function askPlugin(
  access: Access,
  exec: NonNullable<Access["user"]["exec"]>,
  env: Readonly<Record<string, string | undefined>>,
  fixed: Credentials,
): Promise<{ readonly until: number; readonly credentials: Credentials }> {
  const who = `The credential plugin '${exec.command}' of the context '${access.title}'`;
  const hint = exec.installHint === undefined ? "" : ` ${exec.installHint.trim()}`;
  const cluster = {
    server: access.server,
    ...(access.tls.ca === undefined
      ? {}
      : { "certificate-authority-data": Buffer.from(access.tls.ca).toString("base64") }),
    ...(access.tls.insecure === true ? { "insecure-skip-tls-verify": true } : {}),
    ...(access.tls.serverName === undefined ? {} : { "tls-server-name": access.tls.serverName }),
  };
  const info = {
    apiVersion: exec.apiVersion,
    kind: "ExecCredential",
    spec: { interactive: false, ...(exec.provideClusterInfo === true ? { cluster } : {}) },
  };
  // A command with a slash is a file beside the kubeconfig; one without is looked up in PATH.
  const command = exec.command.includes("/") ? resolve(exec.folder, exec.command) : exec.command;
  const own = Object.fromEntries((exec.env ?? []).map(({ name, value }) => [name, value]));
  const child = spawn(command, exec.args ?? [], {
    env: { ...env, ...own, KUBERNETES_EXEC_INFO: JSON.stringify(info) },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: PLUGIN_MS,
  });
  let [out, said] = ["", ""];
  child.stdout.on("data", (bytes: Buffer) => {
    out += bytes.toString();
  });
  child.stderr.on("data", (bytes: Buffer) => {
    said = (said + bytes.toString()).slice(-SAID_LENGTH);
  });
  const code = await new Promise<number | null>((done, fail) => {
    child.on("error", (error) =>
      fail(new EsteiraError("UNAUTHENTICATED", `${who} cannot be run: ${error.message}.${hint}`)),
    );
    child.on("close", done);
  });
  if (code !== 0) {
    throw new EsteiraError(
      "UNAUTHENTICATED",
      `${who} ended with code ${code ?? "none"}: ${said.trim() || "it said nothing"}.`,
    );
  }
  const { data } = credentialWire.safeParse(parsed(out));
  const status = data?.status;
  const { token, clientCertificateData: cert, clientKeyData: key } = status ?? {};
  if (token === undefined && (cert === undefined || key === undefined)) {
    throw new EsteiraError(
      "UNAUTHENTICATED",
      `${who} gave no credentials: expected an ExecCredential with a token or a certificate.`,
    );
  }
  return {
    until:
      status?.expirationTimestamp === undefined ? Number.POSITIVE_INFINITY : Date.parse(status.expirationTimestamp),
    credentials: {
      headers: { ...fixed.headers, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
      ...(cert === undefined || key === undefined ? {} : { certificate: { cert, key } }),
    },
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
