import type { ModelVersion, RegisteredModel } from "@esteira/core/entities/registered-model";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { registeredModelQuery, versionsQuery } from "../api/queries.ts";
import { useFormat, useText } from "../i18n/use-text.tsx";
import { Protection } from "../policy/protection.tsx";
import { Moment } from "../shell/moment.tsx";
import { Dim, Facts, Heading, Note, Page, Section } from "../shell/page.tsx";
import { SmallTable } from "../shell/small-table.tsx";
import { Answer } from "../shell/states.tsx";
import { TagList } from "../shell/tag-list.tsx";
import { useTitle } from "../shell/use-title.ts";
import { Aliases, Gate, SourceRun, StageBadge } from "./badges.tsx";
import { aliasesOf } from "./versions.ts";

const route = getRouteApi("/models/$name");

export function ModelPage() {
  const { name } = route.useParams();
  const query = useQuery(registeredModelQuery(name));
  useTitle(name);
  return (
    <Page>
      <Answer query={query}>{(model) => <Loaded model={model} />}</Answer>
    </Page>
  );
}

function Loaded({ model }: { model: RegisteredModel }) {
  const text = useText();
  const format = useFormat();
  const versions = useQuery(versionsQuery(model.name));
  return (
    <>
      <Heading crumbs={<Link to="/models">{text.models.title}</Link>} title={model.name} />
      {model.description ? <Note>{model.description}</Note> : <Dim>{text.models.noDescription}</Dim>}
      <Section title={text.models.versions}>
        <Answer query={versions}>{(list) => <VersionTable versions={list} model={model} />}</Answer>
      </Section>
      <Section title={text.policy.title}>
        <Protection name={model.name} />
      </Section>
      <Section title={text.run.details}>
        <Facts
          facts={[
            [text.models.created, format.dateTime(model.creationTimestamp)],
            [text.models.updated, format.dateTime(model.lastUpdatedTimestamp)],
          ]}
        />
      </Section>
      <Section title={text.common.tags}>
        <TagList tags={model.tags} />
      </Section>
    </>
  );
}

function VersionTable({ versions, model }: { versions: readonly ModelVersion[]; model: RegisteredModel }) {
  const text = useText();
  if (versions.length === 0) return <Dim>{text.models.noVersions}</Dim>;
  return (
    <SmallTable
      head={[
        { title: text.models.version, kind: "nowrap" },
        { title: text.models.aliases },
        { title: text.models.stage },
        { title: text.models.gate },
        { title: text.models.created, kind: "nowrap" },
        { title: text.models.sourceRun, kind: "nowrap" },
        { title: text.common.description },
      ]}
      rows={versions.map((version) => ({
        key: version.version,
        cells: [
          <Link
            key="version"
            to="/models/$name/versions/$version"
            params={{ name: version.name, version: version.version }}
          >
            {text.models.versionName(version.version)}
          </Link>,
          <Aliases key="aliases" aliases={aliasesOf(model.aliases, version.version)} />,
          <StageBadge key="stage" stage={version.currentStage} />,
          <Gate key="gate" tags={version.tags} runId={version.runId} />,
          <Moment key="created" ms={version.creationTimestamp} />,
          <SourceRun key="run" runId={version.runId} />,
          version.description || <Dim key="description">–</Dim>,
        ],
      }))}
    />
  );
}
