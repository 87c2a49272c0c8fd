/** A report as a run of its own on a tracking server. */

import type { RunId } from "@esteira/core/ids";
import type { MonitorReport } from "@esteira/lifecycle/monitoring/monitor";
import { reportMetrics } from "@esteira/lifecycle/monitoring/report-metrics";
import { startRun } from "@esteira/sdk/active-run";
import type { Client } from "@esteira/sdk/client";
import type { ReportFile } from "./report-files.ts";

/** Throws as the server answers; the run is FAILED then. */
export async function logReport(
  client: Client,
  experiment: string,
  report: MonitorReport,
  files: readonly ReportFile[],
): Promise<RunId> {
  const { model, version, modelDigest } = report.identity;
  const experimentId = await client.experiments.ensure(experiment);
  return startRun(
    {
      client,
      experimentId,
      runName: `monitoring-${model}-v${version}`,
      tags: {
        "esteira.kind": "monitoring",
        "esteira.monitor.verdict": report.verdict,
        "esteira.model": `models:/${model}/${version}`,
        "esteira.model.sha256": modelDigest,
      },
    },
    async (run) => {
      run.logMetrics(reportMetrics(report));
      for (const { name, content } of files) await run.logArtifact(name, content);
      return run.id;
    },
  );
}
