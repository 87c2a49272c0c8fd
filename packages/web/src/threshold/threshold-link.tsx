import type { Run } from "@esteira/core/entities/run";
import { OPERATING_POINTS } from "@esteira/core/wire/operating-points";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { artifactListQuery } from "../api/artifact-queries.ts";
import { runArtifacts } from "../api/artifact-source.ts";
import { useText } from "../i18n/use-text.tsx";

/** The way to the thresholds of a run that kept what each of them does. */
export function ThresholdLink({ run: { info, data } }: { run: Run }) {
  const text = useText();
  const files = useQuery({
    ...artifactListQuery(runArtifacts(info.runId, info.artifactUri), ""),
    // A training that judges a threshold logs it too; the others are not asked for their files.
    enabled: data.metrics.some(({ key }) => key === "threshold"),
  });
  if (files.data?.some(({ path }) => path === OPERATING_POINTS) !== true) return null;
  return (
    <Link
      to="/experiments/$experimentId/runs/$runId/threshold"
      params={{ experimentId: info.experimentId, runId: info.runId }}
    >
      {text.threshold.explore}
    </Link>
  );
}
