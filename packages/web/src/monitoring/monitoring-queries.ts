import type { Run } from "@esteira/core/entities/run";
import { tagValue } from "@esteira/core/entities/tag";
import { experimentId, runId } from "@esteira/core/ids";
import { queryOptions } from "@tanstack/react-query";
import { artifactTextQuery } from "../api/artifact-queries.ts";
import { runArtifacts } from "../api/artifact-source.ts";
import { experimentsQuery } from "../api/experiment-queries.ts";
import { queries } from "../api/query-client.ts";
import { runClient } from "../api/run-client.ts";
import { readReport } from "./monitor-report.ts";

export const VERDICT_TAG = "esteira.monitor.verdict";
const MODEL_TAG = "esteira.model";
/** The newest reports that are listed. */
const MOST_REPORTS = 100;

/** The version that a report is of; undefined when it is of another model. */
export function monitoredVersion(run: Run, name: string): string | undefined {
  const uri = tagValue(run.data.tags, MODEL_TAG) ?? "";
  const start = `models:/${name}/`;
  return uri.startsWith(start) ? uri.slice(start.length) : undefined;
}

/** Runs that hold the reports of a model's monitoring, of whatever experiment, the newest first. */
export const monitoringRunsQuery = (name: string) =>
  queryOptions({
    queryKey: ["monitoring-runs", name],
    queryFn: async ({ signal }): Promise<readonly Run[]> => {
      const experiments = await queries.ensureQueryData(experimentsQuery("ACTIVE_ONLY"));
      if (experiments.length === 0) return [];
      const found = await runClient.search(
        {
          experimentIds: experiments.map(({ experimentId: id }) => experimentId(id)),
          // "_" stands for any character here: what another model's name matches is left out below.
          filter: `tags.\`esteira.kind\` = 'monitoring' AND tags.\`${MODEL_TAG}\` LIKE 'models:/${name.replaceAll(/['%\\]/g, "_")}/%'`,
          orderBy: ["attributes.start_time DESC"],
          maxResults: MOST_REPORTS,
        },
        signal,
      );
      return found.items.filter((run) => monitoredVersion(run, name) !== undefined);
    },
  });

export const monitorReportQuery = ({ info }: Run) => {
  const text = artifactTextQuery(runArtifacts(runId(info.runId), info.artifactUri), "monitor.json");
  return queryOptions({
    queryKey: ["monitor-report", info.runId],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async () => readReport(await queries.ensureQueryData(text)),
  });
};
