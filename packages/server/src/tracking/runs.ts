import { RUN_STATUSES } from "@esteira/core/entities/run";
import { EsteiraError } from "@esteira/core/errors";
import { experimentId, runId } from "@esteira/core/ids";
import type { TrackingStore } from "@esteira/core/tracking-store";
import { runInfoToWire, runToWire } from "@esteira/core/wire/run";
import { z } from "zod";
import { type Endpoint, endpoint } from "../http/endpoint.ts";
import {
  enumOf,
  given,
  int64,
  int64AtMost,
  int64OrZero,
  keyValues,
  nonEmpty,
  requiredText,
  searchFields,
  text,
  textOrEmpty,
  texts,
} from "../http/fields.ts";
import { pageToWire } from "../http/paging.ts";
import { withRunId } from "../http/run-id.ts";
import { VIEW_TYPES } from "./view-type.ts";

const MAX_RUNS = 50_000;
const DEFAULT_RUNS = 1000;

const byId = z.object({ run_id: requiredText });

export function runEndpoints(store: TrackingStore): readonly Endpoint[] {
  return [
    endpoint(
      "POST",
      "/runs/create",
      z.object({
        experiment_id: textOrEmpty,
        user_id: textOrEmpty,
        run_name: text,
        start_time: int64OrZero,
        tags: keyValues,
      }),
      async (input) => {
        if (input.experiment_id === "") {
          throw new EsteiraError(
            "BAD_REQUEST",
            "Missing value for required parameter 'experiment_id': a run needs one.",
          );
        }
        const run = await store.createRun({
          experimentId: experimentId(input.experiment_id),
          userId: input.user_id,
          startTime: input.start_time,
          tags: input.tags,
          ...given({ runName: nonEmpty(input.run_name) }),
        });
        // MLflow's own answer to this one call has no `outputs`.
        const { outputs: _, ...wire } = runToWire(run);
        return { run: wire };
      },
    ),
    endpoint("GET", "/runs/get", withRunId({}), async (input) => ({
      run: runToWire(await store.getRun(runId(input.run_id))),
    })),
    endpoint(
      "POST",
      "/runs/update",
      withRunId({ status: enumOf(RUN_STATUSES), end_time: int64, run_name: text }),
      async (input) => ({
        run_info: runInfoToWire(
          await store.updateRun(
            runId(input.run_id),
            given({ status: input.status, endTime: input.end_time, runName: input.run_name }),
          ),
        ),
      }),
    ),
    endpoint("POST", "/runs/delete", byId, async (input) => {
      await store.deleteRun(runId(input.run_id));
      return {};
    }),
    endpoint("POST", "/runs/restore", byId, async (input) => {
      await store.restoreRun(runId(input.run_id));
      return {};
    }),
    endpoint(
      "POST",
      "/runs/search",
      z.object({
        ...searchFields,
        experiment_ids: texts,
        run_view_type: enumOf(VIEW_TYPES),
        max_results: int64AtMost(MAX_RUNS),
      }),
      async (input) => {
        const page = await store.searchRuns({
          experimentIds: input.experiment_ids.map(experimentId),
          maxResults: input.max_results ?? DEFAULT_RUNS,
          orderBy: input.order_by,
          ...given({
            filter: nonEmpty(input.filter),
            pageToken: nonEmpty(input.page_token),
            viewType: input.run_view_type,
          }),
        });
        return pageToWire("runs", page, runToWire);
      },
    ),
    endpoint("POST", "/runs/set-tag", withRunId({ key: requiredText, value: textOrEmpty }), async (input) => {
      await store.setTag(runId(input.run_id), { key: input.key, value: input.value });
      return {};
    }),
    endpoint("POST", "/runs/delete-tag", withRunId({ key: requiredText }), async (input) => {
      await store.deleteTag(runId(input.run_id), input.key);
      return {};
    }),
  ];
}
