import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Descriptor, MEDIA_TYPES, parseDocument, REF_NAME } from "./descriptor.ts";
import { checked, sha256 } from "./digest.ts";
import { openLayout } from "./layout.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "esteira-layout-"));
});
afterEach(() => rm(folder, { recursive: true }));

const bytesOf = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));
const EMPTY = Buffer.from("{}");
const empty: Descriptor = { mediaType: MEDIA_TYPES.empty, digest: sha256(EMPTY), size: 2 };
const manifest = (more: object = {}): Uint8Array =>
  bytesOf({ schemaVersion: 2, mediaType: MEDIA_TYPES.manifest, config: empty, layers: [], ...more });

async function added(more: object = {}): Promise<Descriptor> {
  const blob = await (await openLayout(folder)).write(manifest(more));
  return { mediaType: MEDIA_TYPES.manifest, ...blob };
}

test("a blob is kept by its digest, and read from any byte on", async () => {
  const layout = await openLayout(folder);
  async function* pieces() {
    yield Buffer.from("ab");
    yield Buffer.from("cde");
  }
  const digest = sha256("abcde");
  expect(await layout.has(digest)).toBe(false);
  expect(await layout.write(pieces(), { digest, size: 5 })).toEqual({ digest, size: 5 });
  expect(await layout.size(digest)).toBe(5);
  expect(String(await buffer(await layout.open(digest)))).toBe("abcde");
  expect(String(await buffer(await layout.open(digest, 3)))).toBe("de");
  expect(String(await layout.bytes(digest))).toBe("abcde");
  await expect(layout.bytes(digest, 4)).rejects.toThrow("it has 5 bytes, expected 4 at most");
  await expect(layout.open(sha256("other"))).rejects.toMatchObject({ code: "RESOURCE_DOES_NOT_EXIST" });
  expect(JSON.parse(await readFile(join(folder, "oci-layout"), "utf8"))).toEqual({ imageLayoutVersion: "1.0.0" });
});

test.each([
  ["another digest", { digest: sha256("x") }, "its digest is"],
  ["too many bytes", { size: 4 }, "it has more than 4 bytes"],
  ["too few bytes", { size: 6 }, "it has 5 bytes, expected 6"],
])("%s is refused, and nothing of it is kept", async (_, expected, sentence) => {
  const layout = await openLayout(folder);
  await expect(layout.write(Buffer.from("abcde"), expected)).rejects.toThrow(sentence);
  expect((await readdir(folder)).sort()).toEqual(["blobs", "index.json", "oci-layout"]);
  expect(await readdir(join(folder, "blobs", "sha256"))).toEqual([]);
});

test("a source that breaks leaves nothing", async () => {
  const layout = await openLayout(folder);
  async function* broken() {
    yield Buffer.from("ab");
    throw new Error("the line is cut");
  }
  await expect(layout.write(broken())).rejects.toThrow("the line is cut");
  expect((await readdir(folder)).sort()).toEqual(["blobs", "index.json", "oci-layout"]);
});

test("a digest is no path", async () => {
  const layout = await openLayout(folder);
  await expect(layout.has("sha256:../../index.json")).rejects.toThrow("is no digest");
});

test("a damaged blob is not read", async () => {
  const layout = await openLayout(folder);
  const { digest } = await layout.write(Buffer.from("abcde"));
  await writeFile(join(folder, "blobs", "sha256", digest.slice(7)), "abcdX");
  await expect(layout.bytes(digest)).rejects.toThrow("it is damaged");
});

test("a name leads to the manifest that got it last; digests and the only image need none", async () => {
  const layout = await openLayout(folder);
  const [old, young] = [await added(), await added({ annotations: { a: "b" } })];
  expect(await layout.resolve()).toBeUndefined();
  await layout.tag("v1", old);
  expect(await layout.resolve()).toMatchObject(old);
  await layout.tag("v1", young);
  expect(await layout.resolve("v1")).toEqual({ ...young, annotations: { [REF_NAME]: "v1" } });
  expect(await layout.resolve(old.digest)).toEqual(old);
  expect(await layout.resolve("v2")).toBeUndefined();
  expect((await layout.index()).manifests).toHaveLength(1);
  await layout.tag("v2", old);
  await expect(layout.resolve()).rejects.toThrow("holds 2 images: say which one (v1, v2)");
});

test("names given at once are all kept", async () => {
  const layout = await openLayout(folder);
  const descriptor = await added();
  const names = Array.from({ length: 20 }, (_, n) => `n${n}`);
  await Promise.all(names.map((name) => layout.tag(name, descriptor)));
  const { manifests } = await layout.index();
  expect(manifests.map(({ annotations }) => annotations?.[REF_NAME])).toEqual(names);
});

test("referrers are listed without a name, and found by what they are about", async () => {
  const layout = await openLayout(folder);
  const subject = await added();
  await layout.tag("v1", subject);
  const about = await added({ subject, artifactType: "application/spdx+json" });
  await layout.list(about);
  await layout.list(about);
  expect(await layout.referrers(subject.digest)).toEqual([about]);
  expect(await layout.referrers(about.digest)).toEqual([]);
  expect(await layout.resolve()).toMatchObject(subject);
});

test.each([
  ["an index.json alone", { "index.json": "{}" }, "is no image folder"],
  ["another version", { "oci-layout": '{"imageLayoutVersion":"2.0.0"}' }, "its oci-layout says"],
])("a folder with %s is refused", async (_, files, sentence) => {
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  await expect(openLayout(folder)).rejects.toThrow(sentence);
});

test("pieces pass as they come, and the last one only when the digest is right", async () => {
  async function* source() {
    yield Buffer.from("ab");
    yield Buffer.from("cd");
  }
  const passed: string[] = [];
  const all = async (digest: string) => {
    for await (const piece of checked(source(), { digest }, "The blob")) passed.push(String(piece));
  };
  await expect(all(sha256("x"))).rejects.toThrow("is not what was asked for");
  expect(passed).toEqual(["ab"]);
  await all(sha256("abcd"));
  expect(passed).toEqual(["ab", "ab", "cd"]);
});

test("documents of other kinds are refused in a sentence", () => {
  expect(() => parseDocument(manifest(), "text/html", "R")).toThrow("R is not a manifest that Esteira reads");
  expect(() => parseDocument(Buffer.from("<html>"), MEDIA_TYPES.manifest, "R")).toThrow("it is no JSON");
  expect(() => parseDocument(bytesOf({ schemaVersion: 1 }), MEDIA_TYPES.manifest, "R")).toThrow("schemaVersion");
  expect(() => parseDocument(manifest({ config: { ...empty, digest: "md5:00" } }), MEDIA_TYPES.manifest, "R")).toThrow(
    "config.digest: must be sha256: and 64 hexadecimal digits",
  );
});
