import type { LoggedModel } from "@esteira/core/entities/logged-model";
import type { Run } from "@esteira/core/entities/run";
import { useQueries, useQuery } from "@tanstack/react-query";
import { artifactTextQuery } from "../api/artifact-queries.ts";
import { NO_FILES, uriArtifacts } from "../api/artifact-source.ts";
import { loggedModelQuery } from "../api/model-queries.ts";
import { useText } from "../i18n/use-text.tsx";
import { inputNames } from "../models/signature.ts";
import { Section } from "../shell/page.tsx";
import { Answer, Empty } from "../shell/states.tsx";
import { UseModel, UseRun } from "./use-model.tsx";

/** How to load each model that the run has logged. */
export function ModelTab({ run }: { run: Run }) {
  const text = useText();
  const ids = [...new Set(run.outputs.models.map(({ modelId }) => modelId))];
  const queries = useQueries({ queries: ids.map(loggedModelQuery) });
  const models = queries.map((query, at) => (
    <Answer key={ids[at]} query={query}>
      {(model) => (
        <Section title={text.artifacts.modelFiles(model.name)}>
          <ModelUse model={model} />
        </Section>
      )}
    </Answer>
  ));
  return (
    <>
      {ids.length === 0 ? <Empty>{text.use.noModel}</Empty> : models}
      <Section title={text.use.run}>
        <UseRun run={run} />
      </Section>
    </>
  );
}

export function ModelUse({ model }: { model: LoggedModel }) {
  const source = uriArtifacts(model.artifactUri);
  const file = useQuery({
    ...artifactTextQuery(source ?? NO_FILES, "MLmodel"),
    enabled: source !== undefined,
  });
  const columns = useQuery({
    queryKey: ["inputs", model.modelId, file.data],
    enabled: file.data !== undefined,
    queryFn: () => inputNames(file.data ?? ""),
  });
  return <UseModel uri={`models:/${model.modelId}`} artifactUri={model.artifactUri} columns={columns.data ?? []} />;
}
