import { join } from "node:path";
import { afterAll, beforeAll, test } from "vitest";
import { KILLS, type KilledFlows, openKilledFlows } from "./flow-kills.ts";

let flows: KilledFlows;

beforeAll(async () => {
  flows = await openKilledFlows((root) => `sqlite:///${join(root, "esteira.db")}`, 1);
}, 300_000);
afterAll(() => flows?.close(), 120_000);

test(`of ${KILLS} kills at the steps of flows none loses a step, does one twice, or is seen by a caller`, async () => {
  await flows.run(KILLS);
}, 1_800_000);
