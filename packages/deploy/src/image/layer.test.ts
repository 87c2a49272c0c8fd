import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { gunzipSync } from "node:zlib";
import { afterEach, beforeEach, expect, test } from "vitest";
import { sha256 } from "../oci/digest.ts";
import { contentDigest, packLayer } from "./layer.ts";
import { type TarEntry, tar } from "./tar.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "esteira-layer-"));
});
afterEach(() => rm(folder, { recursive: true }));

const bytes = Buffer.from(Array.from({ length: 700_000 }, (_, at) => (at * at) % 251));
const entries: readonly TarEntry[] = [{ kind: "file", path: "model", mode: 0o644, size: bytes.length, content: bytes }];
const pack = (cache: string, compression: "portable" | "native" = "portable") =>
  packLayer(entries, { cache: join(folder, cache), compression, title: "a model" });

test.each(["portable", "native"] as const)("a %s layer is the archive, by both of its digests", async (compression) => {
  const { descriptor, diffId, open } = await pack("one", compression);
  const compressed = await buffer(await open());
  const archive = await buffer(tar(entries));
  expect(gunzipSync(compressed).equals(archive)).toBe(true);
  expect(diffId).toBe(sha256(archive));
  expect(descriptor).toMatchObject({ digest: sha256(compressed), size: compressed.length });
});

test("the portable bytes are the same everywhere", async () => {
  // Another digest means that layers of before are pushed again, and that images are not what they were: raise FORMAT and say so.
  const { descriptor } = await pack("one");
  expect((await pack("two")).descriptor).toEqual(descriptor);
  expect(descriptor.digest).toBe("sha256:85cc39f4859844089989a9bac94cb051c59ef162e491907d1b14d0edca4cd3da");
});

test("a layer is packed once, and again when what was kept is damaged", async () => {
  const first = await pack("one");
  const kept = (await readdir(join(folder, "one"))).sort();
  expect(kept).toHaveLength(2);
  expect(await pack("one")).toMatchObject({ descriptor: first.descriptor, diffId: first.diffId });
  await writeFile(join(folder, "one", kept[1] ?? ""), "broken");
  const again = await pack("one");
  expect(again.descriptor).toEqual(first.descriptor);
  expect(sha256(await buffer(await again.open()))).toBe(first.descriptor.digest);
  expect((await readdir(join(folder, "one"))).sort()).toEqual(kept);
});

test("what changes the layer has another key", async () => {
  await pack("one");
  const others: readonly (readonly TarEntry[])[] = [
    [{ kind: "file", path: "model", mode: 0o755, size: bytes.length, content: bytes }],
    [{ kind: "file", path: "model2", mode: 0o644, size: bytes.length, content: bytes }],
    [{ kind: "file", path: "model", mode: 0o644, size: 1, content: Buffer.from("x") }],
  ];
  const digests = new Set<string>();
  for (const other of others) {
    const { descriptor } = await packLayer(other, { cache: join(folder, "one"), compression: "portable", title: "" });
    digests.add(descriptor.digest);
  }
  expect(digests.size).toBe(3);
  expect(await readdir(join(folder, "one"))).toHaveLength(8);
});

test("a file and its bytes have one digest", async () => {
  const path = join(folder, "file");
  await writeFile(path, bytes);
  expect(await contentDigest(path)).toBe(await contentDigest(bytes));
});
