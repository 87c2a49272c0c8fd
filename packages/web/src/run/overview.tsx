import type { Metric } from "@esteira/core/entities/metric";
import type { Run } from "@esteira/core/entities/run";
import { tagValue } from "@esteira/core/entities/tag";
import { Alert } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { versionsOfRunQuery } from "../api/model-queries.ts";
import { runQuery } from "../api/run-queries.ts";
import { useFormat, useText } from "../i18n/use-text.tsx";
import { Gate } from "../models/badges.tsx";
import { verdictOf } from "../models/gate.ts";
import { durationOf, gitCommitOf, runNameOf, sourceOf, userOf } from "../runs/run-values.ts";
import { StatusBadge } from "../runs/status-badge.tsx";
import { parentOf } from "../runs/tree.ts";
import { Facts, Mono, Note, Section } from "../shell/page.tsx";
import { Children } from "./children.tsx";
import { Datasets } from "./datasets.tsx";
import { Notes } from "./notes.tsx";
import { reproductionOf } from "./reproduction.ts";
import { ReproductionBadge } from "./reproduction-badge.tsx";
import classes from "./run.module.css";
import { RunTags } from "./run-tags.tsx";
import { isOfSystem } from "./system-metrics.ts";
import { MetricsTable, ParamsTable } from "./values.tsx";
import { WorkflowPicture } from "./workflow-picture.tsx";

export function Overview({ run }: { run: Run }) {
  const text = useText();
  const format = useFormat();
  const { info, data } = run;
  const failure = tagValue(data.tags, "esteira.failure");
  const duration = durationOf(info, Date.now());
  const source = sourceOf(run);
  const commit = gitCommitOf(run);
  return (
    <>
      {failure ? (
        <Alert color="red" title={text.run.failureReason} p="xs" mb="md">
          <Note>{failure}</Note>
        </Alert>
      ) : null}
      <div className={classes.columns}>
        <div>
          <h2 className={classes.title}>{text.run.details}</h2>
          <Facts
            facts={[
              [text.runs.status, <StatusBadge key="status" status={info.status} />],
              [text.runs.startTime, info.startTime ? format.dateTime(info.startTime) : undefined],
              [text.runs.endTime, info.endTime ? format.dateTime(info.endTime) : undefined],
              [text.runs.duration, duration === undefined ? undefined : format.duration(duration)],
              [text.runs.user, userOf(run)],
              [text.run.source, source ? <Mono key="source">{source}</Mono> : undefined],
              [text.run.gitCommit, commit ? <Mono key="commit">{commit}</Mono> : undefined],
              [text.runs.runId, <Mono key="id">{info.runId}</Mono>],
              [text.run.parent, parentOf(run) ? <ParentLink key="parent" run={run} /> : undefined],
              [
                text.models.gate,
                verdictOf(data.tags) ? <Gate key="gate" tags={data.tags} runId={info.runId} /> : undefined,
              ],
              [
                text.reproduction.title,
                reproductionOf(info.runId, data.tags) ? <ReproductionBadge key="reproduction" run={run} /> : undefined,
              ],
              [text.run.versions, <Versions key="versions" runId={info.runId} />],
            ]}
          />
          <WorkflowPicture run={run} />
          <Children run={run} />
          <Notes run={run} />
          <Section title={text.run.datasets}>
            <Datasets inputs={run.inputs.datasets} experimentId={info.experimentId} />
          </Section>
          <RunTags run={run} />
        </div>
        <div>
          <MetricsTable metrics={data.metrics.filter(({ key }) => !isOfSystem(key))} />
          <ParamsTable params={data.params} />
          <SystemMetrics metrics={data.metrics} />
        </div>
      </div>
    </>
  );
}

/** What the machine did meanwhile, apart from what the model does. */
function SystemMetrics({ metrics }: { metrics: readonly Metric[] }) {
  const text = useText();
  const found = metrics.filter(({ key }) => isOfSystem(key));
  return found.length === 0 ? null : <MetricsTable metrics={found} title={text.run.systemMetrics} />;
}

function ParentLink({ run }: { run: Run }) {
  const id = parentOf(run) ?? "";
  const parent = useQuery(runQuery(id));
  return (
    <Link
      to="/experiments/$experimentId/runs/$runId"
      params={{ experimentId: parent.data?.info.experimentId ?? run.info.experimentId, runId: id }}
    >
      {parent.data ? runNameOf(parent.data) : id}
    </Link>
  );
}

function Versions({ runId }: { runId: string }) {
  const text = useText();
  const versions = useQuery(versionsOfRunQuery(runId)).data;
  if (versions === undefined || versions.length === 0) return <span className={classes.dim}>{text.common.none}</span>;
  return versions.map(({ name, version }) => (
    <div key={`${name} ${version}`}>
      <Link to="/models/$name/versions/$version" params={{ name, version }}>
        {`${name} · ${text.models.versionName(version)}`}
      </Link>
    </div>
  ));
}
