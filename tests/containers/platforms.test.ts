import { cp, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { readElf } from "@esteira/deploy/image/elf";
import { foreignNode } from "@esteira/deploy/image/foreign-root";
import { machinePlatform } from "@esteira/deploy/image/machine-base";
import { nodeFiles } from "@esteira/deploy/image/node-files";
import { parseDocument, platformText } from "@esteira/deploy/oci/descriptor";
import { openLayout } from "@esteira/deploy/oci/layout";
import { writeModelFolder } from "@esteira/models/format/model-folder";
import { columnsOf } from "@esteira/models/format/signature";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { modelBytes } from "../../packages/models/src/engines/trees/fixtures/fixture.ts";
import { runEsteira } from "../default/run-esteira.testing.ts";
import { indexOf, smallImage } from "./small-image.ts";

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "esteira-platforms-"));
  const signature = { inputs: columnsOf(["a", "b", "c", "d", "e", "f"], "double") };
  const model = { ubj: modelBytes("dart.ubj"), createdAt: 0, modelUuid: "0".repeat(32), signature };
  await writeModelFolder(join(root, "pix"), model);
});
afterAll(() => rm(root, { recursive: true, force: true }));

const build = (output: string, ...more: readonly string[]) =>
  runEsteira(root, ["build", "-m", "pix", "-t", "registry.test/pix:1", "-o", output, ...more], { HOME: root });

test("of two platforms an index leads to each, with a bill and a provenance of its own", async () => {
  const base = await openLayout(join(root, "base"));
  const platforms = { amd64: await smallImage(base, "amd64", 2000), arm64: await smallImage(base, "arm64", 2000) };
  await base.tag("node", await indexOf(base, platforms));
  const upon = ["--base", "oci:base:node", "--platform", "linux/amd64,linux/arm64"];
  const { code, stdout, stderr } = await build("both", ...upon);
  expect(`${code} ${stderr}`).toMatch(/^0 [\s\S]*for linux\/amd64 and linux\/arm64/);
  const layout = await openLayout(join(root, "both"));
  const top = await layout.resolve("1");
  expect(stdout.trim()).toBe(`registry.test/pix@${top?.digest}`);
  const index = parseDocument(await layout.bytes(top?.digest ?? ""), top?.mediaType ?? "", "it");
  if (index.kind !== "index") throw new Error("no index");
  const { manifests } = index.index;
  expect(manifests.map(({ platform }) => platform && platformText(platform))).toEqual(["linux/amd64", "linux/arm64"]);
  const layers = [];
  for (const { digest, mediaType } of manifests) {
    expect(await layout.referrers(digest)).toHaveLength(2);
    const document = parseDocument(await layout.bytes(digest), mediaType, "it");
    if (document.kind === "manifest") layers.push(document.manifest.layers.map((layer) => layer.digest));
  }
  // What scores and the model are the same bytes for both.
  expect(layers[0]?.slice(1)).toEqual(layers[1]?.slice(1));
  expect(layers[0]?.[0]).not.toBe(layers[1]?.[0]);

  const tar = await build("both.tar", ...upon);
  expect(`${tar.code} ${tar.stderr}`).toContain("holds an image for one platform");
  const absent = await build("none", "--base", "oci:base:node", "--platform", "linux/s390x");
  expect(`${absent.code} ${absent.stderr}`).toContain("--platform is 'linux/s390x'");
});

describe.skipIf(machinePlatform() === undefined)("Node from a folder", () => {
  const platform = machinePlatform() ?? "";
  /** This machine's Node and libraries where a system of the same kind would have them. */
  async function copiedRoot(folder: string): Promise<void> {
    const { node, libraries } = await nodeFiles(await realpath(process.execPath), join(root, "cache"));
    for (const [from, to] of [[node.path, "/usr/bin/node"], ...libraries.map(({ path }) => [path, path])] as const) {
      await mkdir(dirname(join(folder, to)), { recursive: true });
      await cp(from, join(folder, to), { dereference: true });
    }
  }

  test("gives the image that this machine gives, found without running anything", async () => {
    await copiedRoot(join(root, "system"));
    const { libraries } = await nodeFiles(await realpath(process.execPath), join(root, "cache"));
    const found = await foreignNode(platform, join(root, "system"));
    expect(found.version).toBe(process.version);
    expect(found.libraries.map(({ target }) => target)).toEqual(libraries.map(({ path }) => path));
    const [own, other] = [await build("own"), await build("other", "--root", `${platform}=system`)];
    expect(`${other.code} ${other.stderr}`).toMatch(/^0 /);
    expect(other.stdout).toBe(own.stdout);
  });

  test("lacks nothing, or says what; its links lead within it", async () => {
    const folder = join(root, "bent");
    await copiedRoot(folder);
    const absent = platform === "linux/amd64" ? "linux/arm64" : "linux/amd64";
    await expect(foreignNode(absent, folder)).rejects.toThrow(`is no program for ${absent}`);
    await expect(foreignNode(platform, join(root, "nowhere"))).rejects.toThrow("is not there");
    const facts = await readElf(join(folder, "usr/bin/node"));
    expect(facts).toMatchObject({
      loader: expect.stringContaining("/ld-linux"),
      needed: expect.arrayContaining(["libc.so.6"]),
    });
    const found = await foreignNode(platform, folder);
    const library = found.libraries.find(({ target }) => target.endsWith("/libstdc++.so.6"));
    if (library === undefined) return;
    // As packages have it: a link to the file of its full version, from the root of the system.
    const full = `${library.target}.0.0`;
    await cp(library.path, join(folder, full));
    await rm(library.path);
    await symlink(full, join(folder, library.target));
    expect(
      (await foreignNode(platform, folder)).libraries.find(({ target }) => target === library.target),
    ).toMatchObject({
      ...{ path: join(await realpath(folder), full), sha256: library.sha256 },
    });
    await rm(join(folder, full));
    await expect(foreignNode(platform, folder)).rejects.toThrow("lacks libstdc++.so.6");
    await writeFile(join(folder, "usr/bin/node"), "#!/bin/sh\n");
    await expect(foreignNode(platform, folder)).rejects.toThrow("is no program for");
  });
});
