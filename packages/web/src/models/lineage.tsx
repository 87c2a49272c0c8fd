import type { ModelVersion } from "@esteira/core/entities/registered-model";
import type { Run } from "@esteira/core/entities/run";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Fragment, type ReactNode } from "react";
import { runQuery } from "../api/run-queries.ts";
import { useText } from "../i18n/use-text.tsx";
import { runNameOf } from "../runs/run-values.ts";
import { Dim, Mono } from "../shell/page.tsx";
import { Aliases, StageBadge } from "./badges.tsx";
import { FlowBadge } from "./flow-badge.tsx";
import { flowsQuery } from "./life-queries.ts";
import classes from "./lineage.module.css";

/** Characters of a digest: enough to tell two apart. */
const DIGEST_SHOWN = 12;

/** The way of a version from data to where it answers: each stop with what identifies it. */
export function Lineage({ version, aliases }: { version: ModelVersion; aliases: readonly string[] }) {
  const text = useText();
  const runId = version.runId;
  const run = useQuery({ ...runQuery(runId ?? ""), enabled: runId !== undefined }).data;
  const flow = useQuery(flowsQuery(version.name)).data?.find((one) => one.version === version.version);
  const hasPlace = aliases.length > 0 || version.currentStage !== "None";
  const stops: Readonly<Record<string, ReactNode>> = {
    [text.models.lineageData]: <Data run={run} />,
    [text.models.lineageRun]: run === undefined ? <Dim>{text.models.noRun}</Dim> : <RunLink run={run} />,
    [text.models.lineageModel]: <LoggedModel version={version} experimentId={run?.info.experimentId} />,
    [text.models.lineageVersion]: text.models.versionName(version.version),
    [text.models.lineageStands]: hasPlace ? (
      <>
        {aliases.length === 0 ? null : <Aliases aliases={aliases} />}
        {version.currentStage === "None" ? null : <StageBadge stage={version.currentStage} />}
      </>
    ) : (
      <Dim>{text.models.lineageNowhere}</Dim>
    ),
    [text.models.lineageFlow]:
      flow === undefined ? (
        <Dim>{text.models.lineageNoFlow}</Dim>
      ) : (
        <Link to="/models/$name" params={{ name: version.name }} search={{ tab: "flows", flow: flow.id }}>
          {text.flows.flow(flow.id)} <FlowBadge flow={flow} />
        </Link>
      ),
  };
  return (
    <ol className={classes.lineage}>
      {Object.entries(stops).map(([title, content]) => (
        <li key={title}>
          <span className={classes.title}>{title}</span>
          <div className={classes.content}>{content}</div>
        </li>
      ))}
    </ol>
  );
}

function Data({ run }: { run: Run | undefined }) {
  const text = useText();
  const datasets = run?.inputs.datasets ?? [];
  if (datasets.length === 0) return <Dim>{text.models.lineageNoData}</Dim>;
  return datasets.slice(0, 3).map(({ dataset }) => (
    <Fragment key={`${dataset.name} ${dataset.digest}`}>
      <span>{dataset.name}</span>
      <Mono>{dataset.digest.slice(0, DIGEST_SHOWN)}</Mono>
    </Fragment>
  ));
}

const RunLink = ({ run }: { run: Run }) => (
  <>
    <Link
      to="/experiments/$experimentId/runs/$runId"
      params={{ experimentId: run.info.experimentId, runId: run.info.runId }}
    >
      {runNameOf(run)}
    </Link>
    <Mono>{run.info.runId.slice(0, 8)}</Mono>
  </>
);

function LoggedModel({ version, experimentId }: { version: ModelVersion; experimentId: string | undefined }) {
  const modelId = version.modelId ?? /^models:\/(m-[\w-]+)$/.exec(version.source)?.[1];
  if (modelId === undefined || experimentId === undefined) return <Mono>{version.source}</Mono>;
  return (
    <Link to="/experiments/$experimentId/models/$modelId" params={{ experimentId, modelId }}>
      <Mono>{modelId.slice(0, 14)}</Mono>
    </Link>
  );
}
