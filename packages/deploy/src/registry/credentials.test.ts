import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { keptCredentials } from "./credentials.ts";
import { parseReference } from "./reference.ts";

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "esteira-login-"));
});
afterEach(() => rm(home, { recursive: true }));

async function put(path: string, value: unknown): Promise<void> {
  await mkdir(dirname(join(home, path)), { recursive: true });
  await writeFile(join(home, path), typeof value === "string" ? value : JSON.stringify(value));
}
const docker = (value: unknown) => put(".docker/config.json", value);
const of = (image: string, env: Record<string, string> = {}) =>
  keptCredentials({ HOME: home, PATH: process.env.PATH, ...env })(parseReference(image));
const basic = (username: string, password: string) => Buffer.from(`${username}:${password}`).toString("base64");
const password = (username: string, word: string) => ({ kind: "password", username, password: word });

async function helper(name: string, script: string): Promise<{ PATH: string }> {
  await put(`bin/docker-credential-${name}`, `#!/bin/sh\n${script}\n`);
  await chmod(join(home, "bin", `docker-credential-${name}`), 0o755);
  return { PATH: `${join(home, "bin")}:${process.env.PATH}` };
}

test("none are kept where nobody has logged in", async () => {
  expect(await of("ghcr.io/me/pix")).toBeUndefined();
});

test("what docker login wrote, whatever stands in the password", async () => {
  await docker({
    auths: {
      "https://index.docker.io/v1/": { auth: basic("hub", "a:b") },
      "ghcr.io": { auth: basic("me", "p\0\0") },
      "https://old.example/v1/": { auth: basic("old", "x") },
      "acr.example": { identitytoken: "refresh" },
      "raw.example": { registrytoken: "access" },
    },
  });
  expect(await of("pix")).toEqual(password("hub", "a:b"));
  expect(await of("ghcr.io/me/pix")).toEqual(password("me", "p"));
  expect(await of("old.example/pix")).toEqual(password("old", "x"));
  expect(await of("acr.example/pix")).toEqual({ kind: "identity", token: "refresh" });
  expect(await of("raw.example/pix")).toEqual({ kind: "bearer", token: "access" });
  expect(await of("other.example/pix")).toBeUndefined();
});

test("podman's file comes first, and there the nearest part of a registry", async () => {
  await docker({ auths: { "quay.io": { auth: basic("docker", "x") } } });
  await put("containers.json", {
    auths: { "quay.io": { auth: basic("all", "x") }, "quay.io/team": { auth: basic("team", "x") } },
  });
  const env = { REGISTRY_AUTH_FILE: join(home, "containers.json") };
  expect(await of("quay.io/team/pix", env)).toEqual(password("team", "x"));
  expect(await of("quay.io/other/pix", env)).toEqual(password("all", "x"));
  expect(await of("quay.io/team/pix")).toEqual(password("docker", "x"));
  const given = { ...env, DOCKER_AUTH_CONFIG: JSON.stringify({ auths: { "quay.io": { auth: basic("ci", "x") } } }) };
  expect(await of("quay.io/team/pix", given)).toEqual(password("ci", "x"));
});

test("a helper is asked with the registry's name on its input", async () => {
  const env = await helper("mine", `read -r key || true; printf '{"Username":"%s","Secret":"s"}' "$key"`);
  await docker({ credHelpers: { "ghcr.io": "mine" }, auths: { "quay.io": { auth: basic("file", "x") } } });
  expect(await of("ghcr.io/me/pix", env)).toEqual(password("ghcr.io", "s"));
  expect(await of("quay.io/me/pix", env)).toEqual(password("file", "x"));
  await docker({ credsStore: "mine" });
  expect(await of("pix", env)).toEqual(password("https://index.docker.io/v1/", "s"));
});

test("a helper may hand out a token, or keep nothing", async () => {
  await docker({ credsStore: "token" });
  const token = await helper("token", `printf '{"Username":"<token>","Secret":"t"}'`);
  expect(await of("ghcr.io/pix", token)).toEqual({ kind: "identity", token: "t" });
  await docker({ credsStore: "empty", auths: { "ghcr.io": { auth: basic("file", "x") } } });
  const empty = await helper("empty", "echo credentials not found in native keychain; exit 1");
  expect(await of("ghcr.io/pix", empty)).toEqual(password("file", "x"));
});

test.each([
  ["absent", undefined, "it is not installed"],
  ["broken", "echo the agent is locked >&2; exit 3", "it ended with code 3 (the agent is locked)"],
  ["odd", "echo hello", "says what is no credential"],
])("a helper that is %s is named", async (name, script, sentence) => {
  await docker({ credsStore: name });
  const env = script === undefined ? {} : await helper(name, script);
  await expect(of("ghcr.io/pix", env)).rejects.toThrow(sentence);
  await expect(of("ghcr.io/pix", env)).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
});

test("a helper's name is no path and no command", async () => {
  await docker({ credsStore: "../../bin/sh" });
  await expect(of("ghcr.io/pix")).rejects.toThrow("is no name of a credential helper");
  await docker({ credsStore: "x; touch /tmp/y" });
  await expect(of("ghcr.io/pix")).rejects.toThrow("is no name of a credential helper");
});

test("a file that cannot be read is named, and nothing of it told", async () => {
  await docker("{ secret");
  await expect(of("ghcr.io/pix")).rejects.toThrow(".docker/config.json is no JSON");
  await docker({ auths: { "ghcr.io": { auth: "c2VjcmV0" } } });
  await expect(of("ghcr.io/pix")).rejects.toThrow("cannot be read: log in there anew");
  await expect(of("ghcr.io/pix")).rejects.not.toThrow("secret");
});
