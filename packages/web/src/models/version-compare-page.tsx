import type { Metric } from "@esteira/core/entities/metric";
import type { ModelVersion } from "@esteira/core/entities/registered-model";
import { Badge, Switch } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { versionModelFileQuery, versionQuery } from "../api/model-queries.ts";
import { runQuery } from "../api/run-queries.ts";
import { useFormat, useText } from "../i18n/use-text.tsx";
import { Dim, Heading, Page, Section } from "../shell/page.tsx";
import { SmallTable } from "../shell/small-table.tsx";
import { Answer } from "../shell/states.tsx";
import { useTitle } from "../shell/use-title.ts";
import { Gate } from "./badges.tsx";
import { CHECK_COLORS, useVerdict } from "./gate-checks.tsx";
import classes from "./models.module.css";
import { signatureOf } from "./signature.ts";
import { metricLines, pairLines, signatureMap, verdictMap } from "./version-lines.ts";

const route = getRouteApi("/models/$name/compare");

/** Two versions of a model beside each other. */
export function VersionComparePage() {
  const { name } = route.useParams();
  const { a, b } = route.useSearch();
  const text = useText();
  const first = useQuery(versionQuery(name, a));
  const second = useQuery(versionQuery(name, b));
  useTitle(`${name} · ${text.models.compareTitle(a, b)}`);
  return (
    <Page>
      <Heading
        crumbs={[
          <Link key="all" to="/models">
            {text.models.title}
          </Link>,
          <Link key="one" to="/models/$name" params={{ name }}>
            {name}
          </Link>,
        ]}
        title={text.models.compareTitle(a, b)}
      />
      <Answer query={first}>
        {(left) => <Answer query={second}>{(right) => <Loaded a={left} b={right} />}</Answer>}
      </Answer>
    </Page>
  );
}

function Loaded({ a, b }: { a: ModelVersion; b: ModelVersion }) {
  const text = useText();
  const format = useFormat();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const [left, right] = [useParts(a), useParts(b)];
  const all = search.all !== true;
  const params = pairLines(
    new Map(left.params.map(({ key, value }) => [key, value])),
    new Map(right.params.map(({ key, value }) => [key, value])),
  );
  const signature = pairLines(signatureMap(left.signature), signatureMap(right.signature));
  const [checksA, checksB] = [verdictMap(left.verdict), verdictMap(right.verdict)];
  const checks = pairLines(
    new Map([...checksA].map(([title, { status, found }]) => [title, `${status} ${found}`])),
    new Map([...checksB].map(([title, { status, found }]) => [title, `${status} ${found}`])),
  );
  const parts = [
    { title: text.models.gate, lines: checks, show: checkCell },
    { title: text.run.params, lines: params, show: plainCell },
    { title: text.models.signature, lines: signature, show: plainCell },
  ] as const;
  return (
    <>
      <div className={classes.bar}>
        <Switch
          label={text.models.onlyDifferences}
          checked={all}
          onChange={(event) => {
            const isOn = event.currentTarget.checked;
            void navigate({ search: (now) => ({ ...now, all: isOn ? undefined : true }), replace: true });
          }}
        />
      </div>
      <SmallTable
        head={[
          { title: "" },
          { title: text.models.versionName(a.version) },
          { title: text.models.versionName(b.version) },
        ]}
        rows={[
          {
            key: "gate",
            cells: [
              <Dim key="name">{text.models.gate}</Dim>,
              <Gate key="a" tags={a.tags} runId={a.runId} />,
              <Gate key="b" tags={b.tags} runId={b.runId} />,
            ],
          },
          {
            key: "created",
            cells: [
              <Dim key="name">{text.models.created}</Dim>,
              format.dateTime(a.creationTimestamp),
              format.dateTime(b.creationTimestamp),
            ],
          },
        ]}
      />
      <Metrics a={a.version} b={b.version} of={[left.metrics, right.metrics]} onlyDifferences={all} />
      {parts.map(({ title, lines, show }) => {
        const shown = all ? lines.filter(({ differs }) => differs) : lines;
        return (
          <Section key={title} title={title}>
            {shown.length === 0 ? (
              <Dim>{lines.length === 0 ? text.models.nothing : text.models.noDifferences}</Dim>
            ) : (
              <SmallTable
                head={[
                  { title: text.common.name },
                  { title: text.models.versionName(a.version) },
                  { title: text.models.versionName(b.version) },
                ]}
                rows={shown.map((line) => ({
                  key: line.key,
                  cells: [line.key, show(line.key, line.a, checksA), show(line.key, line.b, checksB)],
                }))}
              />
            )}
          </Section>
        );
      })}
    </>
  );

  function checkCell(key: string, _: string | undefined, checks: typeof checksA): ReactNode {
    const check = checks.get(key);
    if (check === undefined) return <Dim>–</Dim>;
    return (
      <span className={classes.badges}>
        <Badge color={CHECK_COLORS[check.status]}>{text.models.checks[check.status]}</Badge>
        <span lang="en">{check.found}</span>
      </span>
    );
  }
}

interface MetricsProps {
  readonly a: string;
  readonly b: string;
  readonly of: readonly [readonly Metric[], readonly Metric[]];
  readonly onlyDifferences: boolean;
}

/** Metrics of both, and by how much the second is greater. */
function Metrics({ a, b, of, onlyDifferences }: MetricsProps) {
  const text = useText();
  const format = useFormat();
  const lines = metricLines(...of).filter(({ differs }) => differs || !onlyDifferences);
  return (
    <Section title={text.run.metrics}>
      {lines.length === 0 ? (
        <Dim>{text.models.noDifferences}</Dim>
      ) : (
        <SmallTable
          head={[
            { title: text.run.metric },
            { title: text.models.versionName(a), kind: "number" },
            { title: text.models.versionName(b), kind: "number" },
            { title: text.models.difference, kind: "number" },
          ]}
          rows={lines.map(({ key, values: [left, right], difference }) => ({
            key,
            cells: [
              key,
              left === undefined ? <Dim key="a">–</Dim> : format.metric(left),
              right === undefined ? <Dim key="b">–</Dim> : format.metric(right),
              difference === undefined ? (
                <Dim key="difference">–</Dim>
              ) : (
                `${difference > 0 ? "+" : ""}${format.metric(difference)}`
              ),
            ],
          }))}
        />
      )}
    </Section>
  );
}

const plainCell = (_: string, value: string | undefined): ReactNode =>
  value === undefined ? <Dim>–</Dim> : <span className={classes.clamped}>{value}</span>;

/** What two versions are compared by: their runs, their signatures and their verdicts. */
function useParts(version: ModelVersion) {
  const run = useQuery({ ...runQuery(version.runId ?? ""), enabled: version.runId !== undefined }).data;
  const file = useQuery(versionModelFileQuery(version.name, version.version)).data;
  const signature = useQuery({
    queryKey: ["signature", file],
    enabled: typeof file === "string",
    queryFn: async () => (await signatureOf(file ?? "")) ?? null,
  }).data;
  const { verdict } = useVerdict(version.tags, version.runId);
  return {
    ...{ metrics: run?.data.metrics ?? [], params: run?.data.params ?? [] },
    ...{ signature: signature ?? undefined, verdict },
  };
}
