import type { Run } from "@esteira/core/entities/run";
import { tagValue } from "@esteira/core/entities/tag";
import { Badge } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { baseUrl } from "../api/client.ts";
import { useFormat, useLanguage, useText } from "../i18n/use-text.tsx";
import { runNameOf } from "../runs/run-values.ts";
import { CodeBlock } from "../shell/code-block.tsx";
import { inShell } from "../shell/in-shell.ts";
import { Dim, Facts, Section } from "../shell/page.tsx";
import { SmallTable } from "../shell/small-table.tsx";
import { Answer, Empty } from "../shell/states.tsx";
import { CohortPicture } from "./cohort-picture.tsx";
import { DriftTable } from "./drift-table.tsx";
import type { Level, MonitorReport } from "./monitor-report.ts";
import classes from "./monitoring.module.css";
import { monitoredVersion, monitoringRunsQuery, monitorReportQuery, VERDICT_TAG } from "./monitoring-queries.ts";
import { Watching } from "./watch-view.tsx";

interface MonitoringProps {
  readonly name: string;
  /** The run of the report that is shown; the newest where it is absent or unknown. */
  readonly shown: string | undefined;
  onShow(runId: string | undefined): void;
}

/** How a model does in production: the newest report or an earlier one, and all there are. */
export function Monitoring({ name, shown, onShow }: MonitoringProps) {
  const text = useText();
  const query = useQuery(monitoringRunsQuery(name));
  return (
    <>
      <p className={classes.ways}>
        <Link to="/models/$name/alerts" params={{ name }}>
          {text.reviews.link}
        </Link>
      </p>
      <Watching name={name} />
      <Answer query={query}>
        {(runs) => {
          const run = runs.find(({ info }) => info.runId === shown) ?? runs[0];
          if (run === undefined)
            return (
              <Empty>
                <p>{text.monitoring.none}</p>
                <CodeBlock
                  code={`npx esteira monitor report --ledger ledger --model ${inShell(name)} --tracking-uri ${location.origin}${baseUrl}`}
                />
              </Empty>
            );
          return (
            <>
              <Report key={run.info.runId} run={run} />
              <Section title={text.monitoring.reports}>
                <Reports name={name} runs={runs} current={run} onShow={onShow} />
              </Section>
            </>
          );
        }}
      </Answer>
    </>
  );
}

function Report({ run }: { run: Run }) {
  const query = useQuery(monitorReportQuery(run));
  return <Answer query={query}>{(report) => <Loaded run={run} report={report} />}</Answer>;
}

function Loaded({ run, report }: { run: Run; report: MonitorReport }) {
  const { text, format, language } = useLanguage();
  const words = text.monitoring;
  const { alertRate, window, identity } = report;
  return (
    <>
      <div className={classes.verdict} data-level={report.verdict}>
        <Verdict verdict={report.verdict} />
        <strong>{words.verdicts[report.verdict]}</strong>
        <Dim>{words.asOf(format.dateTime(report.asOf))}</Dim>
        <Link
          to="/experiments/$experimentId/runs/$runId"
          params={{ experimentId: run.info.experimentId, runId: run.info.runId }}
          search={{ tab: "artifacts" }}
        >
          {words.wholeReport}
        </Link>
      </div>
      {report.reasons.length === 0 ? null : (
        <ul className={classes.reasons}>
          {report.reasons.map(({ level, text: spoken }) => (
            <li key={spoken.en}>
              <LevelBadge level={level} /> {spoken[language]}
            </li>
          ))}
        </ul>
      )}
      <Facts
        facts={[
          [words.window, `${format.date(window.from)} – ${format.date(window.to - 1)}`],
          [text.models.version, identity.version],
          [words.transfers, format.number(alertRate.transfers)],
          [
            words.alertRate,
            alertRate.rate === null || alertRate.budget === null
              ? undefined
              : words.ofBudget(format.percent(alertRate.rate), format.percent(alertRate.budget)),
          ],
          [words.latency, report.latency?.p99 == null ? undefined : format.duration(report.latency.p99)],
          [words.reference, identity.reference],
        ]}
      />
      <Section title={words.performance}>
        <CohortPicture cohorts={report.performance.cohorts} />
      </Section>
      {report.scoreDrift === null ? null : (
        <Section title={words.scores}>
          <DriftTable rows={[{ ...report.scoreDrift, feature: words.score }]} />
        </Section>
      )}
      {report.maturityByTypology.length === 0 ? null : (
        <Section title={words.labelDelay}>
          <LabelDelays rows={report.maturityByTypology} />
        </Section>
      )}
      <Section title={words.drift}>
        <DriftTable rows={report.drift} />
      </Section>
    </>
  );
}

/** How soon labels of each kind of fraud came, in days. */
function LabelDelays({ rows }: { rows: MonitorReport["maturityByTypology"] }) {
  const text = useText();
  const format = useFormat();
  const days = (value: number | null) => (value === null ? <Dim>–</Dim> : format.metric(value));
  return (
    <SmallTable
      head={[
        { title: text.monitoring.kindOfFraud },
        { title: text.monitoring.knownCases, kind: "number" },
        { title: text.monitoring.halfKnown, kind: "number" },
        { title: text.monitoring.nearlyAllKnown, kind: "number" },
      ]}
      rows={rows.map(({ name, curve }) => ({
        key: name,
        cells: [name, format.number(curve.cases), days(curve.medianDays), days(curve.p90Days)],
      }))}
    />
  );
}

function Reports({
  name,
  runs,
  current,
  onShow,
}: {
  name: string;
  runs: readonly Run[];
  current: Run;
  onShow(runId: string): void;
}) {
  const text = useText();
  const format = useFormat();
  const figure = (run: Run, key: string) => {
    const value = run.data.metrics.find((metric) => metric.key === key)?.value;
    return value === undefined || !Number.isFinite(value) ? <Dim>–</Dim> : format.percent(value);
  };
  return (
    <SmallTable
      head={[
        { title: text.monitoring.report },
        { title: text.models.version, kind: "number" },
        { title: text.monitoring.verdict },
        { title: text.monitoring.alertRate, kind: "number" },
        { title: text.monitoring.matureRecall, kind: "number" },
      ]}
      rows={runs.map((run) => ({
        key: run.info.runId,
        cells: [
          <button
            key="open"
            type="button"
            className={classes.open}
            aria-current={run.info.runId === current.info.runId}
            title={runNameOf(run)}
            onClick={() => onShow(run.info.runId)}
          >
            {format.dateTime(run.info.startTime)}
          </button>,
          monitoredVersion(run, name),
          <Verdict key="verdict" verdict={tagValue(run.data.tags, VERDICT_TAG)} />,
          figure(run, "alert_rate"),
          figure(run, "mature_recall"),
        ],
      }))}
    />
  );
}

const VERDICT_COLORS = { ok: "green", watch: "yellow", act: "red" } as const;
const LEVEL_COLORS = { info: "gray", watch: "yellow", act: "red" } as const;

const isVerdict = (text: string | undefined): text is keyof typeof VERDICT_COLORS =>
  text !== undefined && Object.hasOwn(VERDICT_COLORS, text);

function Verdict({ verdict }: { verdict: string | undefined }) {
  const text = useText();
  if (!isVerdict(verdict)) return <Dim>–</Dim>;
  return <Badge color={VERDICT_COLORS[verdict]}>{text.monitoring.levels[verdict]}</Badge>;
}

function LevelBadge({ level }: { level: Level }) {
  const text = useText();
  return <Badge color={LEVEL_COLORS[level]}>{text.monitoring.levels[level]}</Badge>;
}
