import type { Run } from "@esteira/core/entities/run";
import { tagValue } from "@esteira/core/entities/tag";
import { experimentId } from "@esteira/core/ids";
import { WATCH_TAG, type WatchTold, watchTold } from "@esteira/core/wire/watch";
import { queryOptions } from "@tanstack/react-query";
import { experimentsQuery } from "../api/experiment-queries.ts";
import { queries } from "../api/query-client.ts";
import { runClient } from "../api/run-client.ts";

const ASKED_EVERY_MS = 10_000;

export interface Watched {
  readonly run: Run;
  readonly told: WatchTold;
}

/** What a monitor of the model saw last; null where none tells this server. */
export const watchedQuery = (name: string) =>
  queryOptions({
    queryKey: ["watched", name],
    queryFn: async ({ signal }): Promise<Watched | null> => {
      const experiments = await queries.ensureQueryData(experimentsQuery("ACTIVE_ONLY"));
      if (experiments.length === 0) return null;
      const uri = `models:/${name}`;
      const { items } = await runClient.search(
        {
          experimentIds: experiments.map((one) => experimentId(one.experimentId)),
          // "_" stands for any character here: what another model's name matches is left out below.
          filter: `tags.\`esteira.kind\` = 'watch' AND tags.\`esteira.model\` LIKE '${uri.replaceAll(/['%\\]/g, "_")}'`,
          orderBy: ["attributes.start_time DESC"],
        },
        signal,
      );
      const all = items.flatMap((run) => watchedBy(run, uri));
      return all.toSorted((a, b) => b.told.at - a.told.at)[0] ?? null;
    },
    refetchInterval: ASKED_EVERY_MS,
  });

function watchedBy(run: Run, uri: string): readonly Watched[] {
  if (tagValue(run.data.tags, "esteira.model") !== uri) return [];
  try {
    return [{ run, told: watchTold.parse(JSON.parse(tagValue(run.data.tags, WATCH_TAG) ?? "")) }];
  } catch {
    return [];
  }
}
