import type { Run } from "@esteira/core/entities/run";
import { OPERATING_POINTS, type OperatingPoints, operatingPointsWire } from "@esteira/core/wire/operating-points";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { type ArtifactSource, runArtifacts } from "../api/artifact-source.ts";
import { runQuery } from "../api/run-queries.ts";
import { useText } from "../i18n/use-text.tsx";
import { runNameOf } from "../runs/run-values.ts";
import { Heading, Mono, Page } from "../shell/page.tsx";
import { Answer, Empty } from "../shell/states.tsx";
import { useTitle } from "../shell/use-title.ts";
import { Explorer } from "./explorer.tsx";

const route = getRouteApi("/experiments/$experimentId/runs/$runId/threshold");

/** What another threshold of a run's model would have done on the rows that it was judged on. */
export function ThresholdPage() {
  const text = useText();
  const { experimentId, runId } = route.useParams();
  const run = useQuery(runQuery(runId));
  const name = run.data && runNameOf(run.data);
  useTitle(`${text.threshold.title}${name === undefined ? "" : ` · ${name}`}`);
  return (
    <Page>
      <Heading
        crumbs={
          <Link to="/experiments/$experimentId/runs/$runId" params={{ experimentId, runId }}>
            {name ?? runId}
          </Link>
        }
        title={text.threshold.title}
      />
      <Answer query={run}>{(found) => <OfRun run={found} />}</Answer>
    </Page>
  );
}

function OfRun({ run }: { run: Run }) {
  const text = useText();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const points = useQuery(operatingQuery(runArtifacts(run.info.runId, run.info.artifactUri)));
  return (
    <Answer query={points}>
      {(operating) =>
        operating === null ? (
          <Empty>
            {text.threshold.none} <Mono>{OPERATING_POINTS}</Mono>
          </Empty>
        ) : (
          <Explorer
            operating={operating}
            search={search}
            onChange={(next) => void navigate({ search: (now) => ({ ...now, ...next }), replace: true })}
          />
        )
      }
    </Answer>
  );
}

const operatingQuery = (source: ArtifactSource) => ({
  queryKey: ["operating-points", source.key],
  staleTime: 60_000,
  queryFn: async (): Promise<OperatingPoints | null> => {
    const files = await source.list("");
    if (!files.some(({ path }) => path === OPERATING_POINTS)) return null;
    return operatingPointsWire.parse(JSON.parse(await source.readText(OPERATING_POINTS)));
  },
});
