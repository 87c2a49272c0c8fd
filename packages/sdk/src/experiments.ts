import type { Experiment } from "@esteira/core/entities/experiment";
import type { Page, SearchQuery, ViewType } from "@esteira/core/entities/page";
import type { Tag } from "@esteira/core/entities/tag";
import { type ExperimentId, experimentId } from "@esteira/core/ids";
import { experimentWire } from "@esteira/core/wire/experiment";
import { z } from "zod";
import { getOrCreate } from "./ensure.ts";
import { pageOf, searchToWire } from "./search.ts";
import { nothing, type Transport } from "./transport.ts";

const one = z.object({ experiment: experimentWire }).transform((wire) => wire.experiment);

export function experimentsOf(transport: Transport) {
  const create = (input: { name: string; artifactLocation?: string; tags?: readonly Tag[] }): Promise<ExperimentId> =>
    transport.call(
      "POST",
      "experiments/create",
      z.object({ experiment_id: z.string() }).transform((wire) => experimentId(wire.experiment_id)),
      { body: { name: input.name, artifact_location: input.artifactLocation, tags: input.tags } },
    );
  const getByName = (name: string): Promise<Experiment> =>
    transport.call("GET", "experiments/get-by-name", one, { query: { experiment_name: name } });

  return {
    create,
    getByName,
    get: (id: ExperimentId): Promise<Experiment> =>
      transport.call("GET", "experiments/get", one, { query: { experiment_id: id } }),
    /** The experiment of this name, made when there is none. */
    ensure: (name: string): Promise<ExperimentId> =>
      getOrCreate(
        async () => (await getByName(name)).experimentId,
        () => create({ name }),
      ),
    search: (query: SearchQuery & { viewType?: ViewType } = {}): Promise<Page<Experiment>> =>
      transport.call("POST", "experiments/search", pageOf("experiments", experimentWire), {
        body: { max_results: 1000, ...searchToWire(query), view_type: query.viewType },
      }),
    rename: (id: ExperimentId, name: string) =>
      transport.call("POST", "experiments/update", nothing, { body: { experiment_id: id, new_name: name } }),
    delete: (id: ExperimentId) =>
      transport.call("POST", "experiments/delete", nothing, { body: { experiment_id: id } }),
    restore: (id: ExperimentId) =>
      transport.call("POST", "experiments/restore", nothing, { body: { experiment_id: id } }),
    setTag: (id: ExperimentId, tag: Tag) =>
      transport.call("POST", "experiments/set-experiment-tag", nothing, { body: { experiment_id: id, ...tag } }),
    deleteTag: (id: ExperimentId, key: string) =>
      transport.call("POST", "experiments/delete-experiment-tag", nothing, { body: { experiment_id: id, key } }),
  };
}
