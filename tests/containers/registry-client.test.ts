import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { type Descriptor, MEDIA_TYPES } from "@esteira/deploy/oci/descriptor";
import { sha256 } from "@esteira/deploy/oci/digest";
import { openRepository, type RegistryRepository } from "@esteira/deploy/registry/client";
import type { Credentials } from "@esteira/deploy/registry/credentials";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startRegistry, type TestRegistry } from "./docker-registry.ts";
import { type FaultyProxy, startFaultyProxy } from "./faulty-proxy.ts";
import { missing, run } from "./programs.ts";
import { startTokenServer, type TokenServer } from "./token-server.ts";

const QUICK = { tries: 4, pauseMs: 5, longestMs: 2000 };

function open(host: string, repository: string, credentials?: Credentials, silenceMs?: number): RegistryRepository {
  return openRepository(
    { registry: host, repository },
    { credentials: async () => credentials, retries: QUICK, silenceMs },
  );
}
const password = (word: string): Credentials => ({ kind: "password", username: "me", password: word });

function uploadOf(bytes: Uint8Array, more: object = {}) {
  const source = async (from: number) => Readable.from([bytes.subarray(from)]);
  return { digest: sha256(bytes), size: bytes.byteLength, open: source, ...more };
}

const bytesOf = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));
const EMPTY = Buffer.from("{}");

async function putImage(repository: RegistryRepository, tag: string, more: object = {}): Promise<Descriptor> {
  await repository.putBlob(uploadOf(EMPTY));
  const config = { mediaType: MEDIA_TYPES.empty, digest: sha256(EMPTY), size: 2 };
  const bytes = bytesOf({ schemaVersion: 2, mediaType: MEDIA_TYPES.manifest, config, layers: [], ...more });
  const descriptor = { mediaType: MEDIA_TYPES.manifest, digest: sha256(bytes), size: bytes.byteLength };
  await repository.putManifest(tag === "" ? descriptor.digest : tag, bytes, descriptor);
  return descriptor;
}

async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const one of source) found.push(one);
  return found;
}

describe.skipIf(missing("docker-registry"))("a real registry", () => {
  let registry: TestRegistry;
  let proxy: FaultyProxy;
  beforeAll(async () => {
    registry = await startRegistry();
  });
  afterAll(() => registry?.stop());
  beforeEach(async () => {
    proxy = await startFaultyProxy(registry.host);
  });
  afterEach(() => proxy.stop());

  test("keeps blobs, sends none twice, and mounts what a neighbour has", async () => {
    const repository = open(proxy.host, "team/pix");
    await repository.ping();
    const bytes = randomBytes(100_000);
    const { digest, size } = uploadOf(bytes);
    expect(await repository.blobSize(digest)).toBeUndefined();
    expect(await repository.putBlob(uploadOf(bytes))).toBe("uploaded");
    expect(await repository.putBlob(uploadOf(bytes))).toBe("present");
    expect(await repository.blobSize(digest)).toBe(size);
    expect(Buffer.compare(await buffer(repository.blob({ digest, size })), bytes)).toBe(0);
    expect(Buffer.compare(await buffer(repository.blob({ digest, size }, 99_000)), bytes.subarray(99_000))).toBe(0);
    proxy.seen.length = 0;
    const other = open(proxy.host, "other/pix");
    expect(await other.putBlob(uploadOf(bytes, { mountFrom: "team/pix" }))).toBe("mounted");
    expect(proxy.seen.some((line) => /^P(UT|ATCH)/.test(line))).toBe(false);
    const young = randomBytes(1000);
    expect(await other.putBlob(uploadOf(young, { mountFrom: "team/pix" }))).toBe("uploaded");
  });

  test("takes an empty blob, and large ones in pieces", async () => {
    const repository = open(proxy.host, "team/pieces");
    expect(await repository.putBlob(uploadOf(new Uint8Array()))).toBe("uploaded");
    const bytes = randomBytes(250_000);
    expect(await repository.putBlob(uploadOf(bytes, { pieceBytes: 100_000 }))).toBe("uploaded");
    expect(proxy.seen.filter((line) => line.startsWith("PATCH"))).toHaveLength(3);
    expect(Buffer.compare(await buffer(repository.blob(uploadOf(bytes))), bytes)).toBe(0);
  });

  test("a line that breaks between the pieces of an upload does not begin it anew", async () => {
    const repository = open(proxy.host, "team/breaks");
    const bytes = randomBytes(3_000_000);
    let patches = 0;
    proxy.fault = ({ method }) =>
      method === "PATCH" && ++patches % 2 === 0 ? { kind: "cut request", after: 0 } : undefined;
    expect(await repository.putBlob(uploadOf(bytes, { pieceBytes: 1_000_000 }))).toBe("uploaded");
    expect(proxy.seen.filter((line) => line.startsWith("POST"))).toHaveLength(1);
    expect(patches).toBe(5);
    expect(Buffer.compare(await buffer(repository.blob(uploadOf(bytes))), bytes)).toBe(0);
  });

  test.each(["PATCH", "PUT"])("a line that breaks in the middle of a %s loses nothing", async (broken) => {
    const repository = open(proxy.host, `team/${broken.toLowerCase()}`);
    const bytes = randomBytes(3_000_000);
    let isFirst = true;
    proxy.fault = ({ method }) => {
      if (method !== broken || !isFirst) return undefined;
      isFirst = false;
      return { kind: "cut request", after: 500_000 };
    };
    const pieceBytes = broken === "PATCH" ? 1_000_000 : undefined;
    expect(await repository.putBlob(uploadOf(bytes, { pieceBytes }))).toBe("uploaded");
    expect(isFirst).toBe(false);
    expect(Buffer.compare(await buffer(repository.blob(uploadOf(bytes))), bytes)).toBe(0);
  });

  test("an answer that gets lost is no second upload", async () => {
    const repository = open(proxy.host, "team/lost");
    let isFirst = true;
    proxy.fault = ({ method }) => {
      if (method !== "PUT" || !isFirst) return undefined;
      isFirst = false;
      return { kind: "lose answer" };
    };
    expect(await repository.putBlob(uploadOf(randomBytes(1000)))).toBe("uploaded");
    expect(proxy.seen.filter((line) => line.startsWith("PUT"))).toHaveLength(1);
  });

  test("a busy registry is asked again, after as long as it says", async () => {
    const repository = open(proxy.host, "team/busy");
    let asked = 0;
    proxy.fault = () =>
      ++asked <= 2 ? { kind: "answer", status: asked === 1 ? 429 : 503, headers: { "retry-after": "1" } } : undefined;
    const before = performance.now();
    expect(await repository.blobSize(sha256("x"))).toBeUndefined();
    expect(performance.now() - before).toBeGreaterThan(1900);
    proxy.fault = () => ({
      kind: "answer",
      status: 429,
      body: '{"errors":[{"code":"TOOMANYREQUESTS","message":"slow down"}]}',
    });
    const asking = repository.manifest("v1");
    await expect(asking).rejects.toMatchObject({ code: "REQUEST_LIMIT_EXCEEDED" });
    await expect(asking).rejects.toThrow(
      `The registry ${proxy.host} does not give ${proxy.host}/team/busy:v1: it answers 429 (TOOMANYREQUESTS: slow down). Try again later.`,
    );
  });

  test("a download goes on where it broke", async () => {
    const bytes = randomBytes(2_000_000);
    await open(registry.host, "team/down").putBlob(uploadOf(bytes));
    let cuts = 0;
    proxy.fault = ({ url }) =>
      url?.includes("/blobs/") && ++cuts <= 3 ? { kind: "cut answer", after: 400_000 } : undefined;
    expect(Buffer.compare(await buffer(open(proxy.host, "team/down").blob(uploadOf(bytes))), bytes)).toBe(0);
    expect(cuts).toBe(4);
  });

  test("another blob or manifest than the one asked for is refused", async () => {
    const bytes = randomBytes(1000);
    const own = open(registry.host, "team/spoilt");
    await own.putBlob(uploadOf(bytes));
    const image = await putImage(own, "v1");
    proxy.fault = () => ({ kind: "spoil" });
    const repository = open(proxy.host, "team/spoilt");
    await expect(buffer(repository.blob(uploadOf(bytes)))).rejects.toMatchObject({ code: "INVALID_STATE" });
    await expect(repository.manifest(image.digest)).rejects.toThrow(
      "is not what was asked for, and nothing of it is kept",
    );
    await expect(repository.manifest("v1")).rejects.toThrow("and the registry says");
  });

  test("silence, and no registry at all, are said in a sentence", async () => {
    proxy.fault = () => ({ kind: "silence" });
    const silent = open(proxy.host, "team/pix", undefined, 200).ping();
    await expect(silent).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED" });
    await expect(silent).rejects.toThrow(
      `The registry ${proxy.host} did not answer as a registry: it said nothing for`,
    );
    await proxy.stop();
    const nobody = open(proxy.host, "team/pix").ping();
    await expect(nobody).rejects.toThrow("nothing listens there. Check its address and try again.");
    proxy = await startFaultyProxy(registry.host);
    proxy.fault = () => ({ kind: "answer", status: 404, body: "<html>hello</html>" });
    await expect(open(proxy.host, "team/pix").ping()).rejects.toThrow("it answers 404. Check the image's name.");
  });

  test("nothing is sent over a plain line that leaves this machine", async () => {
    proxy.fault = () => ({ kind: "answer", status: 307, headers: { location: "http://10.1.2.3/blob?token=s3cr3t" } });
    const asking = open(proxy.host, "team/pix").blobSize(sha256("x"));
    await expect(asking).rejects.toThrow("points to http://10.1.2.3, which is not https: nothing is sent there");
    await expect(asking).rejects.not.toThrow("s3cr3t");
  });

  test("manifests by tag and digest, tags by pages, and removal", async () => {
    const repository = open(proxy.host, "team/tags");
    const image = await putImage(repository, "v1");
    for (let n = 2; n <= 12; n++) await putImage(repository, `v${n}`);
    expect(await repository.head("v1")).toEqual(image);
    expect(await repository.head("v99")).toBeUndefined();
    expect((await repository.manifest(image.digest)).descriptor).toEqual(image);
    await expect(repository.manifest("v99")).rejects.toMatchObject({ code: "RESOURCE_DOES_NOT_EXIST" });
    expect((await all(repository.tags())).length).toBe(12);
    await expect(all(open(proxy.host, "team/none").tags())).rejects.toThrow(
      "does not list the tags of team/none: it answers 404 (NAME_UNKNOWN",
    );
    expect(await repository.remove(image.digest)).toBe(true);
    expect(await repository.remove(image.digest)).toBe(false);
    expect(await repository.head("v1")).toBeUndefined();
  });

  test("what is about an image is found, also where the registry keeps no list of it", async () => {
    const repository = open(proxy.host, "team/about");
    const subject = await putImage(repository, "v1");
    expect(await repository.referrers(subject.digest)).toEqual([]);
    const about = await putImage(repository, "", { subject, artifactType: "application/spdx+json" });
    const other = await putImage(repository, "", { subject, artifactType: "application/other" });
    await putImage(repository, "", { subject, artifactType: "application/other" });
    expect(await repository.referrers(subject.digest)).toEqual([
      { ...about, artifactType: "application/spdx+json" },
      { ...other, artifactType: "application/other" },
    ]);
  });

  test("a signal ends what is under way", async () => {
    proxy.fault = () => ({ kind: "silence" });
    const stop = new AbortController();
    const repository = openRepository(
      { registry: proxy.host, repository: "team/pix" },
      { credentials: async () => undefined, signal: stop.signal },
    );
    const asking = repository.ping();
    setTimeout(() => stop.abort(new Error("enough")), 50);
    await expect(asking).rejects.toThrow("enough");
  });
});

describe.skipIf(missing("docker-registry", "htpasswd"))("a registry with passwords", () => {
  let folder: string;
  let registry: TestRegistry;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "esteira-htpasswd-"));
    const path = join(folder, "htpasswd");
    await run("htpasswd", ["-Bbc", path, "me", "secret word"]);
    registry = await startRegistry({ htpasswd: { realm: "test", path } });
  });
  afterAll(async () => {
    await registry?.stop();
    await rm(folder, { recursive: true });
  });

  test("lets in who is known, and nobody else", async () => {
    const repository = open(registry.host, "team/pix", password("secret word"));
    await putImage(repository, "v1");
    expect(await repository.head("v1")).toBeDefined();
    const nobody = open(registry.host, "team/pix").ping();
    await expect(nobody).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
    await expect(nobody).rejects.toThrow(`Log in first: docker login ${registry.host}.`);
    const wrong = open(registry.host, "team/pix", password("another word")).ping();
    await expect(wrong).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
    await expect(wrong).rejects.not.toThrow("another word");
  });
});

describe.skipIf(missing("docker-registry", "openssl"))("a registry with a token server", () => {
  let tokens: TokenServer;
  let registry: TestRegistry;
  beforeAll(async () => {
    tokens = await startTokenServer();
    registry = await startRegistry(tokens.auth);
  });
  afterAll(async () => {
    await registry?.stop();
    await tokens?.stop();
  });

  test.each([
    ["a password", password("secret word")],
    ["a refresh token", { kind: "identity", token: "a refresh token" } as const],
  ])("changes %s for a token of the scope, and keeps it", async (_, credentials) => {
    const repository = open(registry.host, "open/pix", credentials);
    tokens.asked.length = 0;
    await putImage(repository, "v1");
    expect(await repository.head("v1")).toBeDefined();
    expect(tokens.asked.map(({ who }) => who)).toEqual(["me", "me"]);
    expect(tokens.asked.map(({ scopes }) => scopes.join(" "))).toEqual([
      "repository:open/pix:pull",
      "repository:open/pix:pull,push",
    ]);
    const bytes = randomBytes(100);
    await repository.putBlob(uploadOf(bytes));
    const neighbour = open(registry.host, "open/neighbour", credentials);
    expect(await neighbour.putBlob(uploadOf(bytes, { mountFrom: "open/pix" }))).toBe("mounted");
    await neighbour.ping();
  });

  test("lets anybody pull what is open, and push nothing", async () => {
    await putImage(open(registry.host, "open/pix", password("secret word")), "v1");
    const anybody = open(registry.host, "open/pix");
    expect(await anybody.head("v1")).toBeDefined();
    await expect(putImage(anybody, "v2")).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
    await expect(open(registry.host, "closed/pix").manifest("v1")).rejects.toThrow(
      "it answers 401 (UNAUTHORIZED: authentication required). Log in first",
    );
  });

  test("a wrong password is in no message", async () => {
    const asking = open(registry.host, "open/pix", password("another word")).head("v1");
    await expect(asking).rejects.toThrow(`The registry ${registry.host} does not let us in: its token server`);
    await expect(asking).rejects.not.toThrow(/another word|bWU6/);
  });

  test("a token that has run out is got anew", async () => {
    const short = await startTokenServer(6);
    const own = await startRegistry(short.auth);
    try {
      const repository = open(own.host, "open/pix", password("secret word"));
      await putImage(repository, "v1");
      await new Promise((resolve) => setTimeout(resolve, 1500));
      const before = short.asked.length;
      expect(await repository.head("v1")).toBeDefined();
      expect(short.asked.length).toBe(before + 1);
    } finally {
      await own.stop();
      await short.stop();
    }
  });
});
