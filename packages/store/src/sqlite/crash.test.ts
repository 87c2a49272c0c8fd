import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { seededRandom } from "../contract/sample-data.ts";
import { killRounds } from "../testing/crash-rounds.ts";

test("of twenty kills none loses what was acknowledged or leaves anything by half", async () => {
  const folder = await mkdtemp(join(tmpdir(), "esteira-crash-"));
  await killRounds(folder, 20, seededRandom(1));
  await rm(folder, { recursive: true });
  expect.hasAssertions();
}, 120_000);
