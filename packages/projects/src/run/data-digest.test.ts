import { createHash } from "node:crypto";
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { dataDigest } from "./data-digest.ts";

it("of a folder follows content and names, wherever it lies, and what links lead to", async () => {
  const home = await mkdtemp(join(tmpdir(), "esteira-digest-"));
  onTestFinished(() => rm(home, { recursive: true, force: true }));
  const folder = join(home, "a");
  await mkdir(join(folder, "b"), { recursive: true });
  await writeFile(join(folder, "b/rows"), "1\n");
  expect(await dataDigest(join(folder, "b/rows"))).toBe(createHash("sha256").update("1\n").digest("hex"));

  const digests = [await dataDigest(folder)];
  await cp(folder, join(home, "copy"), { recursive: true });
  expect(await dataDigest(join(home, "copy"))).toBe(digests[0]);
  const change = async (work: Promise<unknown>) => {
    await work;
    digests.push(await dataDigest(folder));
  };
  await change(writeFile(join(folder, "b/rows"), "2\n"));
  await change(cp(join(folder, "b/rows"), join(folder, "c")));
  await writeFile(join(home, "outside"), "x");
  await change(symlink(join(home, "outside"), join(folder, "link")));
  await change(writeFile(join(home, "outside"), "y"));
  await change(symlink("nowhere", join(folder, "broken")));
  expect(new Set(digests).size).toBe(digests.length);
});
