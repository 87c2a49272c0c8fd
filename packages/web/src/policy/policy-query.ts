import { queryOptions } from "@tanstack/react-query";
import { client } from "../api/client.ts";

/** The policy of a model; null of a model without one. */
export const policyQuery = (name: string) =>
  queryOptions({
    queryKey: ["policy", name],
    queryFn: async () => (await client.policies.find(name)) ?? null,
  });
