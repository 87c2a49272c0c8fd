import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { killRounds } from "@esteira/store/testing/crash-rounds";
import { expect, test } from "vitest";

test("of two hundred kills none loses what was acknowledged or leaves anything by half", async () => {
  const folder = await mkdtemp(join(tmpdir(), "esteira-kill-"));
  await killRounds(folder, 200, Math.random);
  await rm(folder, { recursive: true });
  expect.hasAssertions();
});
