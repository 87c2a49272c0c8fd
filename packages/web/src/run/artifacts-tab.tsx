import type { Run } from "@esteira/core/entities/run";
import { useQueries } from "@tanstack/react-query";
import { useMemo } from "react";
import { runArtifacts, uriArtifacts } from "../api/artifact-source.ts";
import { loggedModelQuery } from "../api/model-queries.ts";
import { ArtifactBrowser, type ArtifactRoot } from "../artifacts/artifact-browser.tsx";
import { useText } from "../i18n/use-text.tsx";
import type { RunSearch } from "./search.ts";

interface ArtifactsTabProps {
  readonly run: Run;
  readonly search: RunSearch;
  onOpen(place: { path: string | undefined; model: string | undefined }): void;
}

/** The run's own files, and those of the models that it has logged. */
export function ArtifactsTab({ run, search, onOpen }: ArtifactsTabProps) {
  const text = useText();
  const ids = [...new Set(run.outputs.models.map(({ modelId }) => modelId))];
  const models = useQueries({ queries: ids.map(loggedModelQuery) });
  const own = useMemo(() => runArtifacts(run.info.runId, run.info.artifactUri), [run.info.runId, run.info.artifactUri]);
  const roots: ArtifactRoot[] = [
    { id: undefined, title: text.artifacts.runFiles, source: own, uri: run.info.artifactUri },
    ...models.flatMap(({ data: model }) =>
      model === undefined
        ? []
        : [
            {
              id: model.modelId,
              title: text.artifacts.modelFiles(model.name),
              source: uriArtifacts(model.artifactUri),
              uri: model.artifactUri,
            },
          ],
    ),
  ];
  return (
    <ArtifactBrowser
      roots={roots}
      open={{ root: search.model, path: search.path }}
      onOpen={(root, path) => onOpen({ model: root, path })}
    />
  );
}
