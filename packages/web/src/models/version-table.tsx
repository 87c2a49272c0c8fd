import type { ModelVersion, RegisteredModel } from "@esteira/core/entities/registered-model";
import { Button, Checkbox } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useText } from "../i18n/use-text.tsx";
import { CompareIcon } from "../shell/icons.tsx";
import { Moment } from "../shell/moment.tsx";
import { Dim } from "../shell/page.tsx";
import { SmallTable } from "../shell/small-table.tsx";
import { Aliases, Gate, SourceRun, StageBadge } from "./badges.tsx";
import { historyQuery } from "./life-queries.ts";
import classes from "./models.module.css";
import { pairOf, pickedAfter } from "./version-lines.ts";
import { aliasesOf } from "./versions.ts";

interface VersionTableProps {
  readonly model: RegisteredModel;
  readonly versions: readonly ModelVersion[];
  readonly picked: readonly string[];
  onPick(picked: readonly string[]): void;
}

/** All versions of a model, and the way to comparing two of them. */
export function VersionTable({ model, versions, picked, onPick }: VersionTableProps) {
  const text = useText();
  const navigate = useNavigate();
  const authors = useAuthors(model.name);
  const pair = pairOf(picked);
  if (versions.length === 0) return <Dim>{text.models.noVersions}</Dim>;
  return (
    <>
      {versions.length < 2 ? null : (
        <div className={classes.bar}>
          <Button
            variant="default"
            leftSection={<CompareIcon size={14} />}
            disabled={pair === undefined}
            onClick={() => {
              if (pair === undefined) return;
              const [a, b] = pair;
              void navigate({ to: "/models/$name/compare", params: { name: model.name }, search: { a, b } });
            }}
          >
            {text.models.compare}
          </Button>
          {pair === undefined ? <Dim>{text.models.compareHint}</Dim> : null}
        </div>
      )}
      <SmallTable
        head={[
          { title: "" },
          { title: text.models.version, kind: "nowrap" },
          { title: text.models.aliases },
          { title: text.models.stage },
          { title: text.models.gate },
          { title: text.models.created, kind: "nowrap" },
          { title: text.models.registeredBy },
          { title: text.models.sourceRun, kind: "nowrap" },
          { title: text.common.description },
        ]}
        rows={versions.map((version) => ({
          key: version.version,
          cells: [
            <Checkbox
              key="pick"
              aria-label={text.models.pickVersion(version.version)}
              checked={picked.includes(version.version)}
              onChange={() => onPick(pickedAfter(picked, version.version))}
            />,
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
            authors.get(version.version) ?? <Dim key="author">–</Dim>,
            <SourceRun key="run" runId={version.runId} />,
            version.description || <Dim key="description">–</Dim>,
          ],
        }))}
      />
    </>
  );
}

/** Who registered each version, as the timeline tells it. */
function useAuthors(name: string): ReadonlyMap<string, string> {
  const entries = useQuery(historyQuery(name)).data ?? [];
  return new Map(
    entries
      .filter(({ action }) => action === "version.created")
      .map(({ subject, actor }) => [String(subject.version), actor.name]),
  );
}
