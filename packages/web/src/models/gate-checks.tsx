import type { Tag } from "@esteira/core/entities/tag";
import { tagValue } from "@esteira/core/entities/tag";
import { runId } from "@esteira/core/ids";
import { Badge } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { artifactTextQuery } from "../api/artifact-queries.ts";
import { NO_FILES, runArtifacts } from "../api/artifact-source.ts";
import { runQuery } from "../api/run-queries.ts";
import { useFormat, useText } from "../i18n/use-text.tsx";
import { WarnIcon } from "../shell/icons.tsx";
import { Dim, Facts, Mono } from "../shell/page.tsx";
import { Failure, Loading } from "../shell/states.tsx";
import { Gate } from "./badges.tsx";
import { evidenceOf, verdictOf } from "./gate.ts";
import classes from "./gate-checks.module.css";
import {
  byUrgency,
  type CheckStatus,
  figuresOf,
  type GateCheck,
  type GateVerdict,
  isOfOtherModel,
  verdictIn,
} from "./verdict.ts";

export const CHECK_COLORS: Record<CheckStatus, string> = {
  passed: "green",
  refused: "red",
  not_enough_evidence: "yellow",
  not_applicable: "gray",
};

/** The gate's verdict on what has these tags, check by check; null when the evidence is no such file. */
export function useVerdict(tags: readonly Tag[], ofRun: string | undefined) {
  const evidence = evidenceOf(tags, ofRun);
  const place = evidence?.kind === "artifact" ? evidence : undefined;
  const run = useQuery({ ...runQuery(place?.runId ?? ""), enabled: place !== undefined });
  const uri = run.data?.info.artifactUri;
  const file = useQuery({
    ...artifactTextQuery(
      place === undefined || uri === undefined ? NO_FILES : runArtifacts(runId(place.runId), uri),
      place?.path ?? "",
    ),
    enabled: uri !== undefined,
  });
  const verdict = file.data === undefined ? undefined : (verdictIn(file.data) ?? null);
  return {
    verdict: place === undefined || run.isError ? null : verdict,
    error: file.error,
  };
}

/** All that a version's gate has found. */
export function GateChecks({ tags, ofRun }: { tags: readonly Tag[]; ofRun: string | undefined }) {
  const text = useText();
  const { verdict, error } = useVerdict(tags, ofRun);
  if (verdictOf(tags) === undefined) return <Dim>{text.models.noVerdict}</Dim>;
  if (error) return <Failure error={error} />;
  if (verdict === undefined) return <Loading lines={4} />;
  if (verdict === null) return <Gate tags={tags} runId={ofRun} />;
  const tagged = tagValue(tags, "esteira.model.sha256");
  return <Verdict verdict={verdict} tagged={tagged} tags={tags} ofRun={ofRun} />;
}

function Verdict(props: {
  verdict: GateVerdict;
  tagged: string | undefined;
  tags: readonly Tag[];
  ofRun: string | undefined;
}) {
  const { verdict, tagged } = props;
  const text = useText();
  const format = useFormat();
  const passed = verdict.checks.filter(({ status }) => status === "passed").length;
  return (
    <>
      {isOfOtherModel(verdict, tagged) ? (
        <p className={classes.warning} role="alert">
          <WarnIcon size={14} /> {text.models.otherModel}
        </p>
      ) : null}
      <div className={classes.summary}>
        <Gate tags={props.tags} runId={props.ofRun} />
        <span>{text.models.checksCount(passed, verdict.checks.length)}</span>
        <Dim>
          {text.models.gateNamed} {verdict.gate}
          {verdict.evaluated_at === undefined ? "" : ` · ${format.dateTime(verdict.evaluated_at)}`}
        </Dim>
      </div>
      <ul className={classes.checks}>
        {byUrgency(verdict.checks).map((check) => (
          <CheckLine key={`${check.check} ${check.title}`} check={check} />
        ))}
      </ul>
      <details className={classes.digests}>
        <summary>{text.models.digests}</summary>
        <Facts
          facts={Object.entries(verdict.digests).map(([name, digest]) => [name, <Mono key={name}>{digest}</Mono>])}
        />
      </details>
    </>
  );
}

function CheckLine({ check }: { check: GateCheck }) {
  const text = useText();
  const format = useFormat();
  const figures = figuresOf(check);
  return (
    <li className={classes.check} data-status={check.status}>
      <details>
        <summary>
          <span className={classes.title} lang="en">
            {check.title}
          </span>
          <span className={classes.found}>{check.found}</span>
          <span className={classes.status}>
            <Badge color={CHECK_COLORS[check.status]}>{text.models.checks[check.status]}</Badge>
            {check.blocking ? null : <Dim>{text.models.checkAdvisory}</Dim>}
          </span>
        </summary>
        <div className={classes.more} lang="en">
          <p>{check.reason}</p>
          {check.proves === "" ? null : (
            <p>
              <Dim>
                {text.models.checkProves}: {check.proves}
              </Dim>
            </p>
          )}
          <Facts
            facts={figures.map(([name, value]) => [
              name,
              typeof value === "number" ? (
                <span key={name} title={format.exact(value)}>
                  {format.metric(value)}
                </span>
              ) : (
                String(value)
              ),
            ])}
          />
        </div>
      </details>
    </li>
  );
}
