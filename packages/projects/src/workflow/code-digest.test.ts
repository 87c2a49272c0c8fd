import { execFileSync } from "node:child_process";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { describeRepository } from "../source/repository.ts";
import { codeDigest } from "./code-digest.ts";

let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "esteira-code-"));
});
afterAll(() => rm(home, { recursive: true, force: true }));

const git = (folder: string, ...args: string[]) =>
  execFileSync("git", ["-c", "user.name=Ana", "-c", "user.email=ana@example.com", ...args], {
    cwd: folder,
    encoding: "utf8",
  });

async function repository(name: string): Promise<string> {
  const folder = join(home, name);
  await mkdir(join(folder, "project"), { recursive: true });
  await writeFile(join(folder, "project", "train.mjs"), "1\n");
  await writeFile(join(folder, "lib.mjs"), "1\n");
  await writeFile(join(folder, ".gitignore"), "out/\n");
  git(folder, "init", "--quiet");
  git(folder, "add", "--all");
  git(folder, "commit", "--quiet", "--message", "first");
  return folder;
}

const digestOf = async (folder: string) => codeDigest(folder, await describeRepository(folder));

it("names the work tree: changed, new, staged and removed files anywhere in it, whatever the commit", async () => {
  const root = await repository("whole");
  const folder = join(root, "project");
  const first = await digestOf(folder);
  expect(await digestOf(folder)).toBe(first);
  const changes: (() => Promise<unknown>)[] = [
    () => writeFile(join(folder, "train.mjs"), "2\n"),
    () => writeFile(join(root, "lib.mjs"), "2\n"),
    () => writeFile(join(root, "new.mjs"), "1\n"),
    () => chmod(join(folder, "train.mjs"), 0o755),
    () => rm(join(root, "new.mjs")).then(() => rm(join(root, "lib.mjs"))),
  ];
  const seen = [first];
  for (const change of changes) {
    await change();
    const now = await digestOf(folder);
    expect(seen).not.toContain(now);
    seen.push(now);
  }
  const uncommitted = seen.at(-1);
  git(root, "add", "--all");
  expect(await digestOf(folder)).toBe(uncommitted);
  git(root, "commit", "--quiet", "--message", "second");
  git(root, "commit", "--quiet", "--message", "third", "--allow-empty");
  expect(await digestOf(folder)).toBe(uncommitted);
  await mkdir(join(root, "out"));
  await writeFile(join(root, "out", "log.txt"), "x\n");
  expect(await digestOf(folder)).toBe(uncommitted);
});

it("leaves the repository as it is", async () => {
  const root = await repository("left");
  await writeFile(join(root, "new.mjs"), "1\n");
  const before = [git(root, "status", "--porcelain"), git(root, "count-objects")];
  await digestOf(root);
  expect([git(root, "status", "--porcelain"), git(root, "count-objects")]).toEqual(before);
});

it("sees a change in a repository within the repository", async () => {
  const root = await repository("outer");
  const inner = join(root, "inner");
  await mkdir(inner);
  await writeFile(join(inner, "a.mjs"), "1\n");
  git(inner, "init", "--quiet");
  git(inner, "add", "--all");
  git(inner, "commit", "--quiet", "--message", "first");
  const first = await digestOf(root);
  await writeFile(join(inner, "a.mjs"), "2\n");
  expect(await digestOf(root)).not.toBe(first);
});

it("names a folder that git does not keep by its files, without those of tools", async () => {
  const folder = join(home, "plain");
  await mkdir(join(folder, "node_modules", "a"), { recursive: true });
  await writeFile(join(folder, "train.py"), "1\n");
  const first = await codeDigest(folder, undefined);
  await writeFile(join(folder, "node_modules", "a", "index.js"), "1\n");
  expect(await codeDigest(folder, undefined)).toBe(first);
  await writeFile(join(folder, "settings.yaml"), "a: 1\n");
  expect(await codeDigest(folder, undefined)).not.toBe(first);
});
