import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { captureEnvironment } from "./environment.ts";

it("keeps uncommitted changes so that they can be applied: new files, binary ones, odd names", async () => {
  const home = await mkdtemp(join(tmpdir(), "esteira-environment-"));
  onTestFinished(() => rm(home, { recursive: true, force: true }));
  const git = (...args: string[]) =>
    execFileSync("git", ["-c", "user.name=Ana", "-c", "user.email=ana@example.com", ...args], {
      cwd: home,
      encoding: "utf8",
    });
  git("init", "--quiet");
  git("config", "diff.noprefix", "true");
  await writeFile(join(home, "text"), "one\n");
  await writeFile(join(home, "bytes"), Buffer.from([0, 1, 2]));
  git("add", "--all");
  git("commit", "--quiet", "--message", "first");
  expect((await captureEnvironment(home)).git).toMatchObject({ dirty: false, diff: "" });

  const changed = {
    text: Buffer.from("two\n"),
    bytes: Buffer.from([0, 9]),
    ":(top) ünd *": Buffer.from("new\n"),
    latin: Buffer.from("a\xe7\xe3o\n", "latin1"),
  };
  for (const [name, bytes] of Object.entries(changed)) await writeFile(join(home, name), bytes);
  await writeFile(join(home, "large"), Buffer.alloc((1 << 20) + 1));
  const before = git("status", "--porcelain");
  const found = (await captureEnvironment(home)).git;
  expect(found).toMatchObject({ dirty: true, diff: expect.stringMatching(/\n# untracked: large\n$/) });
  expect(git("status", "--porcelain")).toBe(before);

  const diff = join(home, ".git/kept.diff");
  await writeFile(diff, found?.diff ?? "");
  git("stash", "--quiet", "--include-untracked");
  git("apply", diff);
  for (const [name, bytes] of Object.entries(changed)) expect(await readFile(join(home, name))).toEqual(bytes);
});
