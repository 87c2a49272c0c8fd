import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { describeReviews } from "../contract/review-contract.ts";
import { newTestDatabase } from "../testing/test-database.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "esteira-reviews-"));
});
afterAll(() => rm(folder, { recursive: true }));

describeReviews("its database", async () => newTestDatabase(await mkdtemp(join(folder, "db-"))));
