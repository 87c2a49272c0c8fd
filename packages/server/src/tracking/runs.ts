import { RUN_STATUSES } from "@esteira/core/entities/run";
import { EsteiraError } from "@esteira/core/errors";
import { experimentId, runId } from "@esteira/core/ids";
import type { TrackingStore } from "@esteira/core/tracking-store";
import { runInfoToWire, runInfoWire, runToWire, runWire } from "@esteira/core/wire/run";
import { z } from "zod";
import { read, reads, remove, update, within, writes } from "../access/policy.ts";
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
import { nothing, pageOf, pageToWire } from "../http/paging.ts";
import { withRunId } from "../http/run-id.ts";
import { VIEW_TYPES } from "./view-type.ts";

export const MAX_RUNS = 50_000;
export const DEFAULT_RUNS = 1000;

const byId = z.object({ run_id: requiredText });
const oneRun = z.object({ run: runWire });

export function runEndpoints(store: TrackingStore): readonly Endpoint[] {
  return [
    endpoint({
      method: "POST",
      path: "/runs/create",
      policy: writes(within("run", "experiment_id")),
      summary: "Create a run",
      input: z.object({
        experiment_id: textOrEmpty,
        user_id: textOrEmpty,
        run_name: text,
        start_time: int64OrZero,
        tags: keyValues,
      }),
      output: oneRun,
      run: async (input) => {
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
    }),
    endpoint({
      method: "GET",
      path: "/runs/get",
      policy: reads(read("run", "run_id")),
      summary: "Get a run",
      input: withRunId({}),
      output: oneRun,
      run: async (input) => ({
        run: runToWire(await store.getRun(runId(input.run_id))),
      }),
    }),
    endpoint({
      method: "POST",
      path: "/runs/update",
      policy: writes(update("run", "run_id")),
      summary: "Set the status, end time or name of a run",
      input: withRunId({ status: enumOf(RUN_STATUSES), end_time: int64, run_name: text }),
      output: z.object({ run_info: runInfoWire }),
      run: async (input) => ({
        run_info: runInfoToWire(
          await store.updateRun(
            runId(input.run_id),
            given({ status: input.status, endTime: input.end_time, runName: input.run_name }),
          ),
        ),
      }),
    }),
    endpoint({
      method: "POST",
      path: "/runs/delete",
      policy: writes(remove("run", "run_id")),
      summary: "Mark a run as deleted",
      input: byId,
      output: nothing,
      run: async (input) => {
        await store.deleteRun(runId(input.run_id));
        return {};
      },
    }),
    endpoint({
      method: "POST",
      path: "/runs/restore",
      policy: writes(remove("run", "run_id")),
      summary: "Bring a deleted run back",
      input: byId,
      output: nothing,
      run: async (input) => {
        await store.restoreRun(runId(input.run_id));
        return {};
      },
    }),
    endpoint({
      method: "POST",
      path: "/runs/search",
      policy: reads(),
      summary: "Search the runs of some experiments",
      input: z.object({
        ...searchFields,
        experiment_ids: texts,
        run_view_type: enumOf(VIEW_TYPES),
        max_results: int64AtMost(MAX_RUNS),
      }),
      output: pageOf("runs", runWire),
      run: async (input, _, caller) => {
        const page = await store.searchRuns({
          experimentIds: caller.searchable("run", input.experiment_ids).map(experimentId),
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
    }),
    endpoint({
      method: "POST",
      path: "/runs/set-tag",
      policy: writes(update("run", "run_id")),
      summary: "Set a tag of a run",
      input: withRunId({ key: requiredText, value: textOrEmpty }),
      output: nothing,
      run: async (input) => {
        await store.setTag(runId(input.run_id), { key: input.key, value: input.value });
        return {};
      },
    }),
    endpoint({
      method: "POST",
      path: "/runs/delete-tag",
      policy: writes(update("run", "run_id")),
      summary: "Delete a tag of a run",
      input: withRunId({ key: requiredText }),
      output: nothing,
      run: async (input) => {
        await store.deleteTag(runId(input.run_id), input.key);
        return {};
      },
    }),
  ];
}
