import { type QueryClient, queryOptions, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { deploymentClient } from "../api/deployment-client.ts";

/** Of all models that one may read, the last change first. */
export const deploymentsQuery = queryOptions({
  queryKey: ["deployments"],
  queryFn: () => deploymentClient.list(),
});

export const modelDeploymentsQuery = (name: string) =>
  queryOptions({ queryKey: ["deployments", name], queryFn: () => deploymentClient.ofModel(name) });

export const deploymentQuery = (name: string, id: number) =>
  queryOptions({ queryKey: ["deployments", name, id], queryFn: () => deploymentClient.get(name, id) });

/** Asks anew whenever the server says that something has changed, while the page is open. */
export function useLiveDeployments(): void {
  const queries = useQueryClient();
  useEffect(() => {
    const left = new AbortController();
    void follow(queries, left.signal);
    return () => left.abort();
  }, [queries]);
}

async function follow(queries: QueryClient, signal: AbortSignal): Promise<void> {
  try {
    let isFirst = true;
    for await (const _ of deploymentClient.watch(signal)) {
      // The stream begins with one, for what was missed: at first that is nothing, since the page has just asked.
      if (!isFirst) void refreshDeployments(queries);
      isFirst = false;
    }
  } catch {
    // Left, or the server stays away: the page says so where it asks next.
  }
}

/** Flows are how most deployments come about. */
export const refreshDeployments = (queries: QueryClient): Promise<unknown> =>
  Promise.all(["deployments", "life"].map((first) => queries.invalidateQueries({ queryKey: [first] })));
