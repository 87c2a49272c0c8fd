import { queryOptions } from "@tanstack/react-query";
import { policyClient } from "../api/policy-client.ts";

/** The policy of a model; null of a model without one. */
export const policyQuery = (name: string) =>
  queryOptions({
    queryKey: ["policy", name],
    queryFn: async () => (await policyClient.find(name)) ?? null,
  });
