import type { ModelVersion } from "@esteira/core/entities/registered-model";
import { useQuery } from "@tanstack/react-query";
import { versionModelFileQuery } from "../api/model-queries.ts";
import { WhereServed } from "../deployments/where-served.tsx";
import { useFormat, useText } from "../i18n/use-text.tsx";
import { UseModel } from "../run/use-model.tsx";
import { Facts, Mono, Section } from "../shell/page.tsx";
import { TagList } from "../shell/tag-list.tsx";
import { Gate, SourceRun } from "./badges.tsx";
import { Lineage } from "./lineage.tsx";
import classes from "./models.module.css";
import { inputNames } from "./signature.ts";
import { SignatureView } from "./signature-view.tsx";

/** Where a version comes from, what it takes, and how to use it. */
export function VersionOverview({ version, aliases }: { version: ModelVersion; aliases: readonly string[] }) {
  const text = useText();
  const format = useFormat();
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
      <h2 className={classes.sectionTitle}>{text.models.lineage}</h2>
      <Lineage version={version} aliases={aliases} />
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
          <Section title={text.deployments.whereServed}>
            <WhereServed name={version.name} version={version.version} />
          </Section>
          <Section title={text.common.tags}>
            <TagList tags={version.tags} />
          </Section>
        </div>
      </div>
    </>
  );
}
