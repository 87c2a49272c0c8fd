import { experimentId } from "@esteira/core/ids";
import type { TrackingStore } from "@esteira/core/tracking-store";
import { experimentToWire, experimentWire } from "@esteira/core/wire/experiment";
import { z } from "zod";
import { freePlace, NEW_EXPERIMENT, read, reads, remove, update, writes } from "../access/policy.ts";
import { type Endpoint, endpoint } from "../http/endpoint.ts";
import {
  enumOf,
  given,
  int64OrZero,
  keyValues,
  nonEmpty,
  requiredText,
  searchFields,
  text,
  textOrEmpty,
} from "../http/fields.ts";
import { nothing, pageOf, pageToWire } from "../http/paging.ts";
import { checkArtifactLocation, type LocationRules } from "./artifact-location.ts";
import { VIEW_TYPES } from "./view-type.ts";

const byId = z.object({ experiment_id: requiredText });
const oneExperiment = z.object({ experiment: experimentWire });

export function experimentEndpoints(store: TrackingStore, options: LocationRules): readonly Endpoint[] {
  return [
    endpoint({
      method: "POST",
      path: "/experiments/create",
      policy: writes(NEW_EXPERIMENT, freePlace("artifact_location")),
      summary: "Create an experiment",
      input: z.object({ name: requiredText, artifact_location: text, tags: keyValues }),
      output: z.object({ experiment_id: z.string() }),
      run: async ({ name, artifact_location, tags }, _, caller) => {
        const artifactLocation = nonEmpty(artifact_location);
        if (artifactLocation !== undefined) checkArtifactLocation(artifactLocation, options);
        const owner = caller.user?.id;
        return { experiment_id: await store.createExperiment({ name, tags, ...given({ artifactLocation, owner }) }) };
      },
    }),
    endpoint({
      method: "GET",
      path: "/experiments/get",
      policy: reads(read("experiment", "experiment_id")),
      summary: "Get an experiment by its id",
      input: byId,
      output: oneExperiment,
      run: async (input) => ({
        experiment: experimentToWire(await store.getExperiment(experimentId(input.experiment_id))),
      }),
    }),
    endpoint({
      method: "GET",
      path: "/experiments/get-by-name",
      policy: reads(read("experiment name", "experiment_name")),
      summary: "Get an experiment by its name",
      input: z.object({ experiment_name: requiredText }),
      output: oneExperiment,
      run: async (input) => ({
        experiment: experimentToWire(await store.getExperimentByName(input.experiment_name)),
      }),
    }),
    endpoint({
      method: ["GET", "POST"],
      path: "/experiments/search",
      policy: reads(),
      summary: "Search experiments",
      input: z.object({ ...searchFields, max_results: int64OrZero, view_type: enumOf(VIEW_TYPES) }),
      output: pageOf("experiments", experimentWire),
      run: async (input, _, caller) => {
        const page = await store.searchExperiments({
          maxResults: input.max_results,
          orderBy: input.order_by,
          ...given({
            filter: nonEmpty(input.filter),
            pageToken: nonEmpty(input.page_token),
            viewType: input.view_type,
            visible: caller.experiments(),
          }),
        });
        return pageToWire("experiments", page, experimentToWire);
      },
    }),
    endpoint({
      method: "POST",
      path: "/experiments/update",
      policy: writes(update("experiment", "experiment_id")),
      summary: "Rename an experiment",
      input: z.object({ experiment_id: requiredText, new_name: requiredText }),
      output: nothing,
      run: async (input) => {
        await store.renameExperiment(experimentId(input.experiment_id), input.new_name);
        return {};
      },
    }),
    endpoint({
      method: "POST",
      path: "/experiments/delete",
      policy: writes(remove("whole experiment", "experiment_id")),
      summary: "Mark an experiment and its runs as deleted",
      input: byId,
      output: nothing,
      run: async (input) => {
        await store.deleteExperiment(experimentId(input.experiment_id));
        return {};
      },
    }),
    endpoint({
      method: "POST",
      path: "/experiments/restore",
      policy: writes(remove("whole experiment", "experiment_id")),
      summary: "Bring a deleted experiment and its runs back",
      input: byId,
      output: nothing,
      run: async (input) => {
        await store.restoreExperiment(experimentId(input.experiment_id));
        return {};
      },
    }),
    endpoint({
      method: "POST",
      path: "/experiments/set-experiment-tag",
      policy: writes(update("experiment", "experiment_id")),
      summary: "Set a tag of an experiment",
      input: z.object({ experiment_id: requiredText, key: requiredText, value: textOrEmpty }),
      output: nothing,
      run: async (input) => {
        await store.setExperimentTag(experimentId(input.experiment_id), { key: input.key, value: input.value });
        return {};
      },
    }),
    endpoint({
      method: "POST",
      path: "/experiments/delete-experiment-tag",
      policy: writes(update("experiment", "experiment_id")),
      summary: "Delete a tag of an experiment",
      input: z.object({ experiment_id: requiredText, key: requiredText }),
      output: nothing,
      run: async (input) => {
        await store.deleteExperimentTag(experimentId(input.experiment_id), input.key);
        return {};
      },
    }),
  ];
}
