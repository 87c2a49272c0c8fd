import type { RunQueryStore } from "@esteira/core/run-query-store";
import type { TrackingStore } from "@esteira/core/tracking-store";
import { afterAll, beforeAll, describe } from "vitest";
import { describeExperiments } from "./experiment-contract.ts";
import { describeHistories } from "./history-contract.ts";
import { describeLoggedModels } from "./logged-model-contract.ts";
import { describeLogging } from "./logging-contract.ts";
import { describeRunColumns } from "./run-columns-contract.ts";
import { describeRuns } from "./run-contract.ts";
import { describeRunQueries } from "./run-query-contract.ts";
import { describeRunSearch } from "./run-search-contract.ts";
import { describeRunWatch } from "./run-watch-contract.ts";
import { describeSampledHistories } from "./sampled-history-contract.ts";
import { describeSuperset } from "./superset-contract.ts";
import type { OpenStore } from "./support.ts";

/** What every TrackingStore promises, with RunQueryStore beside it. `open` gives an empty store whose artifact root is `mlflow-artifacts:/`. */
export function describeTrackingStore(name: string, open: OpenStore<TrackingStore & RunQueryStore>): void {
  describe(`tracking in ${name}`, () => {
    let opened: Awaited<ReturnType<typeof open>> | undefined;
    const subject = {
      get store(): TrackingStore & RunQueryStore {
        if (opened === undefined) throw new Error("the store is open only while tests run");
        return opened;
      },
    };
    beforeAll(async () => {
      opened = await open();
    });
    afterAll(() => opened?.close());
    describeExperiments(subject);
    describeRuns(subject);
    describeLogging(subject);
    describeHistories(subject);
    describeRunSearch(subject);
    describeSuperset(subject);
    describeRunQueries(subject);
    describeRunColumns(subject);
    describeSampledHistories(subject);
    describeRunWatch(subject);
    describeLoggedModels(subject);
  });
}
