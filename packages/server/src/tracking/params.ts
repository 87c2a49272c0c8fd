import { runId } from "@esteira/core/ids";
import type { TrackingStore } from "@esteira/core/tracking-store";
import { update, writes } from "../access/policy.ts";
import { type Endpoint, endpoint } from "../http/endpoint.ts";
import { requiredText, textOrEmpty } from "../http/fields.ts";
import { nothing } from "../http/paging.ts";
import { withRunId } from "../http/run-id.ts";

export function paramEndpoints(store: TrackingStore): readonly Endpoint[] {
  return [
    endpoint({
      method: "POST",
      path: "/runs/log-parameter",
      policy: writes(update("run", "run_id")),
      summary: "Log a param",
      input: withRunId({ key: requiredText, value: textOrEmpty }),
      output: nothing,
      run: async ({ run_id, key, value }) => {
        await store.logBatch(runId(run_id), { metrics: [], params: [{ key, value }], tags: [] }, { alone: true });
        return {};
      },
    }),
  ];
}
