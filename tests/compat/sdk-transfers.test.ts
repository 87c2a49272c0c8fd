import { describe } from "vitest";
import { describeTransfers } from "../default/describe-transfers.ts";
import { findOracle } from "./oracle.ts";
import { startMlflow } from "./servers.ts";

const oracle = findOracle();
if ("missing" in oracle) console.info(`skipped: the SDK's transfers with MLflow's server: ${oracle.missing}`);

describe.skipIf("missing" in oracle)("the SDK's transfers", () => {
  describeTransfers("MLflow", async () => {
    const { url, close } = await startMlflow("python" in oracle ? oracle.python : "", { workers: 1 });
    return { url, stop: close };
  });
});
