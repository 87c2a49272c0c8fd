import type { ViewType } from "@esteira/core/entities/page";
import { experimentId } from "@esteira/core/ids";
import { queryOptions } from "@tanstack/react-query";
import { experimentClient } from "./experiment-client.ts";

export const experimentsQuery = (view: ViewType) =>
  queryOptions({
    queryKey: ["experiments", view],
    queryFn: async () =>
      (await experimentClient.search({ viewType: view, orderBy: ["last_update_time DESC"], maxResults: 10_000 })).items,
  });

export const experimentQuery = (id: string) =>
  queryOptions({ queryKey: ["experiment", id], queryFn: () => experimentClient.get(experimentId(id)) });
