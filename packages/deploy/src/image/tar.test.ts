import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { foldersAbove, type TarEntry, tar } from "./tar.ts";

const run = promisify(execFile);
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "esteira-tar-"));
});
afterEach(() => rm(folder, { recursive: true }));

const file = (path: string, text: string, mode = 0o644): TarEntry => {
  const content = Buffer.from(text);
  return { kind: "file", path, mode, size: content.length, content };
};

const LONG = `${"deep/".repeat(40)}file.txt`;
const SPLIT = `${"a".repeat(90)}/${"b".repeat(90)}`;

test("tar reads names of every length, modes and contents", async () => {
  const entries = [
    file("olá/ação.txt", "não"),
    file(LONG, "long"),
    file(SPLIT, "split"),
    file("bin/run", "#!/bin/sh\n", 0o755),
    file("empty", ""),
    file("block", "x".repeat(512)),
    { kind: "folder", path: "tmp", mode: 0o1777 } as const,
  ];
  const archive = join(folder, "a.tar");
  await writeFile(archive, tar([...entries, ...foldersAbove([LONG, SPLIT, "bin/run", "olá/ação.txt"])]));
  const { stdout } = await run("tar", ["--list", "--verbose", "--numeric-owner", "--full-time", "-f", archive]);
  expect(stdout).toMatch(/^drwxrwxrwt 0\/0 +0 1970-01-01 00:00:00 tmp\/$/m);
  expect(stdout).toMatch(/^-rwxr-xr-x 0\/0 +10 1970-01-01 00:00:00 bin\/run$/m);
  await run("tar", ["-xf", archive, "-C", folder]);
  expect(await readFile(join(folder, "olá/ação.txt"), "utf8")).toBe("não");
  expect(await readFile(join(folder, LONG), "utf8")).toBe("long");
  expect(await readFile(join(folder, SPLIT), "utf8")).toBe("split");
  expect((await stat(join(folder, "block"))).size).toBe(512);
  expect((await stat(archive)).size % 512).toBe(0);
});

test("a large file says its size where a header has no digits for it", async () => {
  const size = 9 * 2 ** 30;
  const entry: TarEntry = { kind: "file", path: "big", mode: 0o644, size, content: Buffer.alloc(0) };
  const pieces: Uint8Array[] = [];
  await expect(async () => {
    for await (const piece of tar([entry])) pieces.push(piece);
  }).rejects.toThrow("it was changed while it was packed");
  expect(Buffer.concat(pieces).toString("latin1")).toContain(`19 size=${size}\n`);
});

test("the order in which entries are given does not matter", async () => {
  const entries = [file("b", "2"), file("a", "1"), { kind: "folder", path: "c", mode: 0o755 } as const];
  expect(await buffer(tar(entries))).toEqual(await buffer(tar([...entries].reverse())));
});

test.each(["../x", "/x", "a//b", "a/./b", "", "a\0b"])("the name %j is refused", async (path) => {
  await expect(buffer(tar([file(path, "")]))).rejects.toThrow(/archive/);
});

test("a name that comes twice is refused", async () => {
  await expect(buffer(tar([file("a", "1"), file("a", "2")]))).rejects.toThrow("'a' twice");
});
