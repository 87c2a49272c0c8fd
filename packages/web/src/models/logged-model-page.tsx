import type { LoggedModel } from "@esteira/core/entities/logged-model";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { experimentQuery } from "../api/experiment-queries.ts";
import { loggedModelQuery } from "../api/model-queries.ts";
import { useFormat, useText } from "../i18n/use-text.tsx";
import { ModelUse } from "../run/model-tab.tsx";
import { MetricsTable, ParamsTable } from "../run/values.tsx";
import { Facts, Heading, Mono, Page, Section } from "../shell/page.tsx";
import { Answer } from "../shell/states.tsx";
import { TagList } from "../shell/tag-list.tsx";
import { useTitle } from "../shell/use-title.ts";
import { SourceRun } from "./badges.tsx";

const route = getRouteApi("/experiments/$experimentId/models/$modelId");

/** A model that a run has logged, registered or not. */
export function LoggedModelPage() {
  const { modelId } = route.useParams();
  const query = useQuery(loggedModelQuery(modelId));
  return (
    <Page>
      <Answer query={query}>{(model) => <Loaded model={model} />}</Answer>
    </Page>
  );
}

function Loaded({ model }: { model: LoggedModel }) {
  const text = useText();
  const format = useFormat();
  const experiment = useQuery(experimentQuery(model.experimentId)).data;
  useTitle(model.name);
  return (
    <>
      <Heading
        crumbs={
          <Link to="/experiments/$experimentId" params={{ experimentId: model.experimentId }}>
            {experiment?.name ?? model.experimentId}
          </Link>
        }
        title={text.artifacts.modelFiles(model.name)}
      />
      <Facts
        facts={[
          ["ID", <Mono key="id">{model.modelId}</Mono>],
          [text.models.sourceRun, <SourceRun key="run" runId={model.sourceRunId} />],
          [text.models.type, model.modelType],
          [text.models.created, format.dateTime(model.creationTimestamp)],
          [text.models.sourceUri, <Mono key="uri">{model.artifactUri}</Mono>],
        ]}
      />
      <Section title={text.use.title}>
        <ModelUse model={model} />
      </Section>
      <MetricsTable metrics={model.metrics} />
      <ParamsTable params={model.params} />
      <Section title={text.common.tags}>
        <TagList tags={model.tags} />
      </Section>
    </>
  );
}
