import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findOracle } from "./oracle.ts";
import { FLOWS, type Observations, runFlow } from "./run-flow.ts";
import { type Peer, startEsteira, startMlflow } from "./servers.ts";

const oracle = findOracle();

/** Each flow runs with the real client against both servers; what it sees must be the same. */
describe.skipIf("missing" in oracle)(
  `real MLflow client${"missing" in oracle ? ` (skipped: ${oracle.missing})` : ""}`,
  () => {
    const python = "python" in oracle ? oracle.python : "";
    let ours: Peer;
    let theirs: Peer;

    beforeAll(async () => {
      [ours, theirs] = await Promise.all([startEsteira(), startMlflow(python, { workers: 1 })]);
    });
    afterAll(async () => {
      await ours?.close();
      await theirs?.close();
    });

    it.each(FLOWS)("sees the same in flow %s", async (flow) => {
      const expected = await runFlow(python, flow, theirs.url);
      const actual = await runFlow(python, flow, ours.url);
      expect(asRecord(actual)).toEqual(asRecord(expected));
    });
  },
);

function asRecord(observations: Observations): Record<string, unknown> {
  expect(observations.length).toBeGreaterThan(0);
  return Object.fromEntries(observations.map(([name, value], index) => [`${index} ${name}`, value]));
}
