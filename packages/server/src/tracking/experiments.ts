import { experimentId } from "@esteira/core/ids";
import type { TrackingStore } from "@esteira/core/tracking-store";
import { experimentToWire } from "@esteira/core/wire/experiment";
import { z } from "zod";
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
import { pageToWire } from "../http/paging.ts";
import { checkArtifactLocation } from "./artifact-location.ts";
import { VIEW_TYPES } from "./view-type.ts";

const byId = z.object({ experiment_id: requiredText });

export function experimentEndpoints(
  store: TrackingStore,
  options: { localArtifactRoots: readonly string[] },
): readonly Endpoint[] {
  return [
    endpoint(
      "POST",
      "/experiments/create",
      z.object({ name: requiredText, artifact_location: text, tags: keyValues }),
      async ({ name, artifact_location, tags }) => {
        const artifactLocation = nonEmpty(artifact_location);
        if (artifactLocation !== undefined) checkArtifactLocation(artifactLocation, options.localArtifactRoots);
        return { experiment_id: await store.createExperiment({ name, tags, ...given({ artifactLocation }) }) };
      },
    ),
    endpoint("GET", "/experiments/get", byId, async (input) => ({
      experiment: experimentToWire(await store.getExperiment(experimentId(input.experiment_id))),
    })),
    endpoint("GET", "/experiments/get-by-name", z.object({ experiment_name: requiredText }), async (input) => ({
      experiment: experimentToWire(await store.getExperimentByName(input.experiment_name)),
    })),
    endpoint(
      ["GET", "POST"],
      "/experiments/search",
      z.object({ ...searchFields, max_results: int64OrZero, view_type: enumOf(VIEW_TYPES) }),
      async (input) => {
        const page = await store.searchExperiments({
          maxResults: input.max_results,
          orderBy: input.order_by,
          ...given({
            filter: nonEmpty(input.filter),
            pageToken: nonEmpty(input.page_token),
            viewType: input.view_type,
          }),
        });
        return pageToWire("experiments", page, experimentToWire);
      },
    ),
    endpoint(
      "POST",
      "/experiments/update",
      z.object({ experiment_id: requiredText, new_name: requiredText }),
      async (input) => {
        await store.renameExperiment(experimentId(input.experiment_id), input.new_name);
        return {};
      },
    ),
    endpoint("POST", "/experiments/delete", byId, async (input) => {
      await store.deleteExperiment(experimentId(input.experiment_id));
      return {};
    }),
    endpoint("POST", "/experiments/restore", byId, async (input) => {
      await store.restoreExperiment(experimentId(input.experiment_id));
      return {};
    }),
    endpoint(
      "POST",
      "/experiments/set-experiment-tag",
      z.object({ experiment_id: requiredText, key: requiredText, value: textOrEmpty }),
      async (input) => {
        await store.setExperimentTag(experimentId(input.experiment_id), { key: input.key, value: input.value });
        return {};
      },
    ),
    endpoint(
      "POST",
      "/experiments/delete-experiment-tag",
      z.object({ experiment_id: requiredText, key: requiredText }),
      async (input) => {
        await store.deleteExperimentTag(experimentId(input.experiment_id), input.key);
        return {};
      },
    ),
  ];
}
