import type { ModelVersion } from "@esteira/core/entities/registered-model";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { registeredModelQuery, versionModelFileQuery, versionQuery } from "../api/queries.ts";
import { useFormat, useText } from "../i18n/use-text.tsx";
import { UseModel } from "../run/use-model.tsx";
import { Dim, Facts, Heading, Mono, Note, Page, Section } from "../shell/page.tsx";
import { Answer } from "../shell/states.tsx";
import { TagList } from "../shell/tag-list.tsx";
import { useTitle } from "../shell/use-title.ts";
import { Aliases, Gate, SourceRun, StageBadge } from "./badges.tsx";
import classes from "./models.module.css";
import { inputNames } from "./signature.ts";
import { SignatureView } from "./signature-view.tsx";
import { aliasesOf } from "./versions.ts";

const route = getRouteApi("/models/$name/versions/$version");

export function VersionPage() {
  const { name, version } = route.useParams();
  const text = useText();
  const query = useQuery(versionQuery(name, version));
  useTitle(`${name} · ${text.models.versionName(version)}`);
  return (
    <Page>
      <Answer query={query}>{(loaded) => <Loaded version={loaded} />}</Answer>
    </Page>
  );
}

function Loaded({ version }: { version: ModelVersion }) {
  const text = useText();
  const format = useFormat();
  const model = useQuery(registeredModelQuery(version.name)).data;
  const aliases = model ? aliasesOf(model.aliases, version.version) : version.aliases;
  const file = useQuery(versionModelFileQuery(version.name, version.version));
  const columns = useQuery({
    queryKey: ["version-inputs", version.name, version.version, file.data],
    enabled: typeof file.data === "string",
    queryFn: () => inputNames(file.data ?? ""),
  });
  const statuses = {
    READY: text.models.statusReady,
    PENDING_REGISTRATION: text.models.statusPending,
    FAILED_REGISTRATION: text.models.statusFailed,
  };
  return (
    <>
      <Heading
        crumbs={[
          <Link key="all" to="/models">
            {text.models.title}
          </Link>,
          <Link key="one" to="/models/$name" params={{ name: version.name }}>
            {version.name}
          </Link>,
        ]}
        title={text.models.versionName(version.version)}
      >
        {aliases.length > 0 ? <Aliases aliases={aliases} /> : null}
        {version.currentStage === "None" ? null : <StageBadge stage={version.currentStage} />}
      </Heading>
      {version.description ? <Note>{version.description}</Note> : <Dim>{text.models.noDescription}</Dim>}
      <div className={classes.columns}>
        <div>
          <Section title={text.models.signature}>
            <SignatureView file={file.data} pending={file.isPending} />
          </Section>
          <Section title={text.use.title}>
            <UseModel
              uri={`models:/${version.name}/${version.version}`}
              artifactUri={version.source}
              columns={columns.data ?? []}
            />
          </Section>
        </div>
        <div>
          <Section title={text.run.details}>
            <Facts
              facts={[
                [text.models.gate, <Gate key="gate" tags={version.tags} runId={version.runId} />],
                [
                  text.models.status,
                  version.statusMessage
                    ? `${statuses[version.status]}: ${version.statusMessage}`
                    : statuses[version.status],
                ],
                [text.models.sourceRun, <SourceRun key="run" runId={version.runId} />],
                [text.models.sourceUri, <Mono key="source">{version.source}</Mono>],
                [text.models.created, format.dateTime(version.creationTimestamp)],
                [text.models.updated, format.dateTime(version.lastUpdatedTimestamp)],
              ]}
            />
          </Section>
          <Section title={text.common.tags}>
            <TagList tags={version.tags} />
          </Section>
        </div>
      </div>
    </>
  );
}
