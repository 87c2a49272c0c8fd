import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { credentialsOf } from "./credentials.ts";
import { clusterAccess } from "./kubeconfig.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "esteira-kubeconfig-"));
});

const config = (user: object, more: object = {}) => ({
  "current-context": "dev",
  contexts: [{ name: "dev", context: { cluster: "c", user: "u", namespace: "fraud" } }],
  clusters: [{ name: "c", cluster: { server: "https://10.0.0.1:6443/", "certificate-authority-data": btoa("PEM") } }],
  users: [{ name: "u", user }],
  ...more,
});

async function written(value: object, name = "config"): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, stringify(value));
  return path;
}

describe("a kubeconfig", () => {
  it("names the cluster of its current context", async () => {
    const KUBECONFIG = await written(config({ token: "secret" }));
    expect(await clusterAccess({ KUBECONFIG })).toEqual({
      title: "dev",
      server: "https://10.0.0.1:6443",
      namespace: "fraud",
      tls: { ca: "PEM" },
      user: { token: "secret" },
    });
  });

  it("may lie in several files, with other files beside each", async () => {
    await mkdir(join(folder, "users"));
    await writeFile(join(folder, "users", "cert.pem"), "CERT");
    await writeFile(join(folder, "users", "key.pem"), "KEY");
    const { users, ...rest } = config({ "client-certificate": "cert.pem", "client-key": "key.pem" });
    const KUBECONFIG = [await written(rest), join(folder, "absent"), await written({ users }, "users/config")].join(
      delimiter,
    );
    expect((await clusterAccess({ KUBECONFIG })).user).toEqual({ certificate: { cert: "CERT", key: "KEY" } });
  });

  it("is looked for in the home folder", async () => {
    await mkdir(join(folder, ".kube"));
    await written(config({ token: "x" }), ".kube/config");
    expect((await clusterAccess({ HOME: folder })).title).toBe("dev");
  });

  it.each([
    ["another context", {}, "prod", "has no context 'prod': it has dev"],
    ["a user that is absent", { users: [] }, "dev", "names the user 'u', which is in no file of it"],
    [
      "a server in the clear",
      { clusters: [{ name: "c", cluster: { server: "http://10.0.0.1" } }] },
      "dev",
      "expected https://",
    ],
    [
      "a proxy",
      { clusters: [{ name: "c", cluster: { server: "https://c", "proxy-url": "http://p" } }] },
      "dev",
      "through a proxy",
    ],
    ["a false field", { contexts: "none" }, "dev", "is not understood: contexts"],
    [
      "no current context",
      { "current-context": "" },
      undefined,
      "names no current context: say which with --context (dev)",
    ],
    [
      "an auth-provider",
      { users: [{ name: "u", user: { "auth-provider": { name: "gcp" } } }] },
      "dev",
      "auth-provider",
    ],
  ])("with %s says so", async (_, more, context, message) => {
    const KUBECONFIG = await written(config({ token: "x" }, more));
    await expect(clusterAccess({ KUBECONFIG }, context)).rejects.toThrow(message);
  });

  it("that is no YAML shows none of its lines", async () => {
    const path = join(folder, "broken");
    await writeFile(path, "users:\n- {token: very-secret\n");
    await expect(clusterAccess({ KUBECONFIG: path })).rejects.toThrow(/is no YAML: line \d+\.$/);
  });

  it("that is absent is asked for, with where it was looked for", async () => {
    await expect(clusterAccess({ KUBECONFIG: join(folder, "no") })).rejects.toThrow(
      `there is no kubeconfig at ${join(folder, "no")}`,
    );
  });
});

describe("a caller's credentials", () => {
  const plugin = async (source: string, more: object = {}) => {
    const file = join(folder, "plugin.mjs");
    await writeFile(file, source);
    const exec = { apiVersion: "client.authentication.k8s.io/v1", command: process.execPath, args: [file], ...more };
    const access = await clusterAccess({ KUBECONFIG: await written(config({ exec })) });
    return credentialsOf(access, { PATH: process.env.PATH });
  };
  const answer = (status: string) => `
    import { appendFileSync } from "node:fs";
    appendFileSync(new URL("./calls", import.meta.url), "x");
    const info = JSON.parse(process.env.KUBERNETES_EXEC_INFO);
    console.log(JSON.stringify({ apiVersion: info.apiVersion, kind: "ExecCredential", status: ${status} }));`;

  it("come from a plugin, which is run when they are over", async () => {
    const source = answer(
      `{ token: info.spec.cluster.server + process.env.EXTRA, expirationTimestamp: new Date(Date.now() + 3600e3).toISOString() }`,
    );
    const credentials = await plugin(source, { provideClusterInfo: true, env: [{ name: "EXTRA", value: "!" }] });
    const first = await credentials.read();
    expect(first.headers).toEqual({ authorization: "Bearer https://10.0.0.1:6443!" });
    expect(await credentials.read()).toBe(first);
    expect(await credentials.read(true)).not.toBe(first);
  });

  it("of a plugin that fails are said to be so, with its own words", async () => {
    const failing = await plugin(`console.error("sign in first"); process.exit(3);`);
    await expect(failing.read()).rejects.toThrow(/ended with code 3: sign in first/);
    const silent = await plugin(`console.log("{}")`);
    await expect(silent.read()).rejects.toThrow("gave no credentials");
    const absent = await plugin("", { command: "no-such-plugin-here", installHint: "Get it from your administrator." });
    await expect(absent.read()).rejects.toThrow(/cannot be run: .* Get it from your administrator\./);
  });

  it("in a file are read anew each time", async () => {
    const tokenFile = join(folder, "token");
    await writeFile(tokenFile, "one\n");
    const access = await clusterAccess({ KUBECONFIG: await written(config({ tokenFile: "token" })) });
    const credentials = credentialsOf(access, {});
    expect((await credentials.read()).headers.authorization).toBe("Bearer one");
    await writeFile(tokenFile, "two\n");
    expect((await credentials.read()).headers.authorization).toBe("Bearer two");
  });
});
