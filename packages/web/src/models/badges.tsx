import type { Stage } from "@esteira/core/entities/registered-model";
import type { Tag } from "@esteira/core/entities/tag";
import { Badge } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { runQuery } from "../api/run-queries.ts";
import { useText } from "../i18n/use-text.tsx";
import { runNameOf } from "../runs/run-values.ts";
import { Dim, Mono } from "../shell/page.tsx";
import { evidenceOf, verdictOf } from "./gate.ts";
import classes from "./models.module.css";

const STAGE_COLORS: Record<Stage, string> = { None: "gray", Staging: "indigo", Production: "petrol", Archived: "gray" };
const VERDICT_COLORS = { passed: "green", failed: "red", unknown: "gray" } as const;

export function StageBadge({ stage }: { stage: Stage }) {
  const text = useText();
  return stage === "None" ? <Dim>–</Dim> : <Badge color={STAGE_COLORS[stage]}>{text.stages[stage]}</Badge>;
}

export function Aliases({ aliases }: { aliases: readonly string[] }) {
  if (aliases.length === 0) return <Dim>–</Dim>;
  return (
    <span className={classes.badges}>
      {aliases.map((alias) => (
        <Badge key={alias} variant="outline">{`@${alias}`}</Badge>
      ))}
    </span>
  );
}

/** The gate's verdict on a version or a run, by its tags, and a link to what it rests on. */
export function Gate({ tags, runId }: { tags: readonly Tag[]; runId: string | undefined }) {
  const text = useText();
  const verdict = verdictOf(tags);
  if (verdict === undefined) return <Dim>–</Dim>;
  return (
    <span className={classes.badges}>
      <Badge color={VERDICT_COLORS[verdict]}>{text.gate[verdict]}</Badge>
      <EvidenceLink tags={tags} runId={runId} />
    </span>
  );
}

function EvidenceLink({ tags, runId }: { tags: readonly Tag[]; runId: string | undefined }) {
  const text = useText();
  const evidence = evidenceOf(tags, runId);
  if (evidence === undefined) return null;
  if (evidence.kind === "text") return <Mono>{evidence.text}</Mono>;
  if (evidence.kind === "web") {
    return (
      <a href={evidence.url} target="_blank" rel="noreferrer">
        {text.models.evidence}
      </a>
    );
  }
  return <ArtifactLink runId={evidence.runId} path={evidence.path} />;
}

function ArtifactLink({ runId, path }: { runId: string; path: string }) {
  const text = useText();
  const experimentId = useQuery(runQuery(runId)).data?.info.experimentId;
  if (experimentId === undefined) return null;
  return (
    <Link
      to="/experiments/$experimentId/runs/$runId"
      params={{ experimentId, runId }}
      search={{ tab: "artifacts", path }}
    >
      {text.models.evidence}
    </Link>
  );
}

export function SourceRun({ runId }: { runId: string | undefined }) {
  const run = useQuery({ ...runQuery(runId ?? ""), enabled: runId !== undefined }).data;
  if (runId === undefined) return <Dim>–</Dim>;
  if (run === undefined) return <Mono>{runId.slice(0, 8)}</Mono>;
  return (
    <Link to="/experiments/$experimentId/runs/$runId" params={{ experimentId: run.info.experimentId, runId }}>
      {runNameOf(run)}
    </Link>
  );
}
