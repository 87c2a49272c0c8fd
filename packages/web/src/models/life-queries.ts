import type { Target } from "@esteira/core/policy/policy";
import { type QueryClient, queryOptions } from "@tanstack/react-query";
import { flowClient } from "../api/flow-client.ts";
import { policyClient } from "../api/policy-client.ts";
import { timelineClient } from "../api/timeline-client.ts";

const GOING_ON_MS = 4_000;

/** A model's entries of the timeline, oldest first. */
export const historyQuery = (name: string) =>
  queryOptions({ queryKey: ["life", name, "history"], queryFn: () => timelineClient.history(name) });

/** What a version would meet on its way to a target now. */
export const prospectQuery = (name: string, version: string, target: Target) =>
  queryOptions({
    queryKey: ["life", name, "prospect", version, target],
    queryFn: () => policyClient.prospect(name, version, target),
  });

/** A model's flows, newest first; read again while one goes on. */
export const flowsQuery = (name: string) =>
  queryOptions({
    queryKey: ["life", name, "flows"],
    queryFn: async () => [...(await flowClient.ofModel(name))].sort((a, b) => b.id - a.id),
    refetchInterval: (query) => (query.state.data?.some(({ work }) => work !== undefined) ? GOING_ON_MS : false),
  });

export const flowQuery = (name: string, id: number) =>
  queryOptions({
    queryKey: ["life", name, "flow", id],
    queryFn: () => flowClient.get(name, id),
    refetchInterval: (query) => (query.state.data?.flow.work !== undefined ? GOING_ON_MS : false),
  });

/** All that is known of a model's life is asked anew: a change of it is an entry, a verdict and a holder at once. */
export async function refreshModel(queries: QueryClient, name: string): Promise<void> {
  const known = ["life", "registered-model", "versions", "version"];
  await Promise.all(known.map((first) => queries.invalidateQueries({ queryKey: [first, name] })));
}
