import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Descriptor } from "@esteira/deploy/oci/descriptor";
import { type Layout, openLayout } from "@esteira/deploy/oci/layout";
import { copyImage } from "@esteira/deploy/registry/copy";
import { type ImagePlace, layoutPlace, registryPlace } from "@esteira/deploy/registry/place";
import { parseReference } from "@esteira/deploy/registry/reference";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { runEsteira } from "../default/run-esteira.testing.ts";
import { startRegistry, type TestRegistry } from "./docker-registry.ts";
import { startFaultyProxy } from "./faulty-proxy.ts";
import { missing, run } from "./programs.ts";
import { about, indexOf, smallImage } from "./small-image.ts";

const QUICK = { tries: 2, pauseMs: 5, longestMs: 50 };
const PLAIN = "--tls-verify=false";

describe.skipIf(missing("docker-registry", "skopeo"))("images on their way", () => {
  let registry: TestRegistry;
  let folder: string;
  let layout: Layout;
  beforeAll(async () => {
    registry = await startRegistry();
  });
  afterAll(() => registry?.stop());
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "esteira-copy-"));
    layout = await openLayout(join(folder, "own"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const remote = (name: string, host = registry.host): ImagePlace =>
    registryPlace(parseReference(`${host}/${name}`), { credentials: async () => undefined, retries: QUICK });
  const own = (name?: string): Promise<ImagePlace> => layoutPlace(layout.folder, name, true);
  const fresh = (name?: string): Promise<ImagePlace> => layoutPlace(join(folder, "other"), name, false);

  async function bothPlatforms(): Promise<{ index: Descriptor; amd64: Descriptor; arm64: Descriptor }> {
    const [amd64, arm64] = [await smallImage(layout, "amd64"), await smallImage(layout, "arm64")];
    const index = await indexOf(layout, { amd64, arm64 });
    await layout.tag("v1", index);
    return { index, amd64, arm64 };
  }

  test("skopeo reads what we push, platforms and all", async () => {
    const { index } = await bothPlatforms();
    const pushed = await copyImage(await own("v1"), remote("team/pix:v1"));
    expect(pushed.descriptor).toEqual(index);
    expect(pushed.blobs).toEqual({ present: 0, mounted: 0, uploaded: 4 });
    const url = `docker://${registry.host}/team/pix:v1`;
    const { stdout } = await run("skopeo", ["inspect", PLAIN, "--override-arch", "arm64", url]);
    expect(JSON.parse(stdout)).toMatchObject({
      Architecture: "arm64",
      Labels: { "org.opencontainers.image.title": "of arm64" },
    });
    await run("skopeo", ["copy", "--all", "--src-tls-verify=false", url, `oci:${join(folder, "by-skopeo")}:v1`]);
    const read = await openLayout(join(folder, "by-skopeo"));
    expect((await read.resolve("v1"))?.digest).toBe(index.digest);
    const again = await copyImage(await own("v1"), remote("team/pix:v2"));
    expect(again).toMatchObject({ bytes: 0, blobs: { uploaded: 0 } });
  });

  test.each(["oci", "v2s2"])("we read what skopeo pushes as %s", async (format) => {
    await layout.tag("v1", await smallImage(layout, "amd64"));
    const name = `team/${format}:v1`;
    const args = ["copy", "--dest-tls-verify=false", "--format", format];
    await run("skopeo", [...args, `oci:${layout.folder}:v1`, `docker://${registry.host}/${name}`]);
    const pulled = await copyImage(remote(name), await fresh("v1"), { platform: "linux/amd64" });
    expect(pulled.blobs.uploaded).toBe(2);
    // Its bytes are kept as they are, in whichever format.
    await copyImage(await layoutPlace(join(folder, "other"), "v1", true), remote(`back/${format}:v1`));
    const { stdout } = await run("skopeo", ["inspect", PLAIN, `docker://${registry.host}/back/${format}:v1`]);
    expect(JSON.parse(stdout)).toMatchObject({ Digest: pulled.descriptor.digest, Architecture: "amd64" });
  });

  test("one platform of several, and a clear word where it is missing", async () => {
    const { arm64 } = await bothPlatforms();
    const pushed = await copyImage(await own("v1"), remote("team/one:v1"), { platform: "linux/arm64" });
    expect(pushed.descriptor.digest).toBe(arm64.digest);
    const absent = copyImage(await own("v1"), remote("team/one:v1"), { platform: "linux/s390x" });
    await expect(absent).rejects.toThrow("is not there for linux/s390x: it is for linux/amd64, linux/arm64.");
    const other = copyImage(remote("team/one:v1"), await fresh("v1"), { platform: "linux/amd64" });
    await expect(other).rejects.toThrow("is not there for linux/amd64: it is for linux/arm64.");
  });

  test("what is about an image goes along, through a registry and back", async () => {
    const { index, amd64 } = await bothPlatforms();
    const sbom = await about(layout, amd64, "its parts");
    const other = await about(layout, index, "all of it");
    const pushed = await copyImage(await own("v1"), remote("team/about:v1"), { isWithReferrers: true });
    expect(pushed.referrers).toBe(2);
    const pulled = await copyImage(remote("team/about:v1"), await fresh("v1"), { isWithReferrers: true });
    expect(pulled.referrers).toBe(2);
    const read = await openLayout(join(folder, "other"));
    expect((await read.referrers(amd64.digest)).map(({ digest }) => digest)).toEqual([sbom.digest]);
    expect((await read.referrers(index.digest)).map(({ digest }) => digest)).toEqual([other.digest]);
    expect((await read.resolve())?.digest).toBe(index.digest);
  });

  test("from repository to repository a blob is mounted, and nothing sent", async () => {
    await bothPlatforms();
    await copyImage(await own("v1"), remote("team/from:v1"));
    const copied = await copyImage(remote("team/from:v1"), remote("other/to:v1"));
    expect(copied).toMatchObject({ bytes: 0, blobs: { mounted: 4, uploaded: 0, present: 0 } });
  });

  test("a copy that failed goes on, and keeps nothing that is wrong", async () => {
    await layout.tag("v1", await smallImage(layout, "amd64", 400_000));
    await copyImage(await own("v1"), remote("team/again:v1"));
    const proxy = await startFaultyProxy(registry.host);
    const through = () => remote("team/again:v1", proxy.host);
    let blobs = 0;
    proxy.fault = ({ url }) =>
      url?.includes("/blobs/") && ++blobs > 1 ? { kind: "cut answer", after: 10 } : undefined;
    await expect(copyImage(through(), await fresh("v1"), { concurrency: 1 })).rejects.toThrow("the connection broke");
    proxy.fault = ({ url }) => (url?.includes("/blobs/") ? { kind: "spoil" } : undefined);
    await expect(copyImage(through(), await fresh("v1"))).rejects.toThrow("is not what was asked for");
    const read = await openLayout(join(folder, "other"));
    expect(await read.resolve()).toBeUndefined();
    expect((await readdir(join(folder, "other"))).filter((name) => name.startsWith(".incoming"))).toEqual([]);
    proxy.fault = () => undefined;
    const copied = await copyImage(through(), await fresh("v1"));
    expect(copied.blobs).toEqual({ present: 1, mounted: 0, uploaded: 1 });
    await proxy.stop();
  });

  test("a tag that moves meanwhile is said, and what was looked up first is copied whole", async () => {
    const { index, arm64 } = await bothPlatforms();
    await copyImage(await own("v1"), remote("team/moves:v1"));
    await layout.tag("other", arm64);
    const source = remote("team/moves:v1");
    const moved: ImagePlace = {
      ...source,
      async blob(descriptor, from) {
        await copyImage(await own("other"), remote("team/moves:v1"));
        return source.blob(descriptor, from);
      },
    };
    const copied = await copyImage(moved, await fresh("v1"));
    expect(copied.descriptor.digest).toBe(index.digest);
    expect(copied.movedTo).toBe(arm64.digest);
  });

  test("a digest that is named is the digest that is written", async () => {
    const { index, amd64 } = await bothPlatforms();
    const pinned = copyImage(await own("v1"), remote(`team/pinned:v1@${amd64.digest}`));
    await expect(pinned).rejects.toThrow(`cannot be written: what is copied is ${index.digest}`);
    await copyImage(await own("v1"), remote(`team/pinned:v1@${index.digest}`));
    expect((await remote("team/pinned:v1").find())?.digest).toBe(index.digest);
    await expect(copyImage(remote("team/pinned:v9"), await fresh("v1"))).rejects.toMatchObject({
      code: "RESOURCE_DOES_NOT_EXIST",
    });
  });

  test("esteira image push, tags, inspect, copy and pull", async () => {
    const { index, amd64 } = await bothPlatforms();
    await about(layout, amd64, "its parts");
    const name = `${registry.host}/team/cli`;
    const esteira = (...args: readonly string[]) => runEsteira(folder, ["image", ...args], { HOME: folder });
    const pushed = await esteira("push", "own", `${name}:v1`, "--referrers");
    expect(pushed).toMatchObject({ code: 0, stdout: `${name}@${index.digest}\n` });
    expect(pushed.stderr).toContain("with 1 manifests about it");
    expect((await esteira("tags", name)).stdout.split("\n")).toContain("v1");
    expect((await esteira("inspect", `${name}:v1`)).stdout).toContain(`linux/amd64      ${amd64.digest}`);
    const seen = JSON.parse((await esteira("inspect", `${name}:v1`, "--platform", "linux/amd64", "--json")).stdout);
    expect(seen).toMatchObject({
      digest: amd64.digest,
      platform: "linux/amd64",
      labels: { "org.opencontainers.image.title": "of amd64" },
      referrers: [{ artifactType: "application/spdx+json" }],
    });
    expect(await esteira("copy", `${name}:v1`, `${registry.host}/other/cli:v1`)).toMatchObject({ code: 0 });
    expect(await esteira("pull", `${name}:v1`, "pulled")).toMatchObject({ code: 0, stdout: `${index.digest}\n` });
    expect((await (await openLayout(join(folder, "pulled"))).resolve("v1"))?.digest).toBe(index.digest);
    const several = await esteira("pull", `${name}:v1`, "pulled.tar");
    expect(several).toMatchObject({ code: 2, stderr: expect.stringContaining("add --platform") });
    expect(await esteira("pull", `${name}:v1`, "pulled.tar", "--platform", "linux/amd64")).toMatchObject({ code: 0 });
    const { stdout } = await run("skopeo", ["inspect", `docker-archive:${join(folder, "pulled.tar")}`]);
    expect(JSON.parse(stdout)).toMatchObject({ Architecture: "amd64" });
  });

  test.each([
    [["push", "none", "HOST/team/pix:v1"], "none is no image folder: it has no file oci-layout."],
    [["push", "own:v9", "HOST/team/pix:v1"], "own:v9."],
    [["push", "oci:own:v9", "HOST/team/pix:v1"], "There is no image "],
    [["copy", "./own", "HOST/team/pix:v1"], "an image folder is written oci:./own."],
    [["tags", "HOST/team/pix:v1"], "wants a repository, without a tag or digest"],
    [["inspect", "HOST/team/none:v1"], "There is no image HOST/team/none:v1."],
    [["pull", "HOST/Team/pix", "x"], "'team/pix' would do"],
  ])("esteira image %j is refused in a sentence", async (args, sentence) => {
    await layout.tag("v1", await smallImage(layout, "amd64"));
    const named = args.map((arg) => arg.replace("HOST", registry.host));
    const { code, stderr } = await runEsteira(folder, ["image", ...named], { HOME: folder });
    expect(stderr).toContain(sentence.replace("HOST", registry.host));
    expect(code).toBe(2);
  });
});
