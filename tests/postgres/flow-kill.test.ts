import { newTestDatabase } from "@esteira/store/testing/test-database";
import { describe, onTestFinished, test } from "vitest";
import { KILLS, openKilledFlows } from "../faults/flow-kills.ts";

describe.skipIf(process.env.ESTEIRA_TEST_POSTGRES === undefined)("flows that two servers work on", () => {
  test(`of ${KILLS} kills of one server or both none loses a step, does one twice, or is seen by a caller`, {
    timeout: 1_800_000,
  }, async () => {
    const uri = await newTestDatabase();
    const flows = await openKilledFlows(() => uri, 2);
    onTestFinished(() => flows.close(), 120_000);
    await flows.run(KILLS);
  });
});
