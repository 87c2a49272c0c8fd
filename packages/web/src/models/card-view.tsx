import type { ModelVersion } from "@esteira/core/entities/registered-model";
import { tagValue } from "@esteira/core/entities/tag";
import { runId } from "@esteira/core/ids";
import { useQuery } from "@tanstack/react-query";
import { artifactListQuery } from "../api/artifact-queries.ts";
import { NO_FILES, runArtifacts } from "../api/artifact-source.ts";
import { registeredModelQuery } from "../api/model-queries.ts";
import { runQuery } from "../api/run-queries.ts";
import { FileView } from "../artifacts/file-view.tsx";
import { useLanguage } from "../i18n/use-text.tsx";
import { CodeBlock } from "../shell/code-block.tsx";
import { Dim, Facts } from "../shell/page.tsx";
import { Answer, Loading } from "../shell/states.tsx";
import { cardIn } from "./card-file.ts";

const FOLDER = "card";

/** The card that lies with the version's run, else how to write one. */
export function CardView({ version }: { version: ModelVersion }) {
  const { text, language } = useLanguage();
  const model = useQuery(registeredModelQuery(version.name)).data;
  const run = useQuery({ ...runQuery(version.runId ?? ""), enabled: version.runId !== undefined });
  const uri = run.data?.info.artifactUri;
  const source = version.runId === undefined || uri === undefined ? undefined : runArtifacts(runId(version.runId), uri);
  const files = useQuery({
    ...artifactListQuery(source ?? NO_FILES, FOLDER),
    enabled: source !== undefined,
  });
  const tags = model?.tags ?? [];
  return (
    <>
      <Facts
        facts={[
          [text.models.owner, tagValue(tags, "esteira.card.owner")],
          [text.models.limits, tagValue(tags, "esteira.card.limits")],
        ]}
      />
      {source === undefined ? (
        run.isFetching ? (
          <Loading />
        ) : (
          <None version={version} />
        )
      ) : (
        <Answer query={files}>
          {(list) => {
            const path = cardIn(
              list.filter(({ isDir }) => !isDir).map((file) => file.path),
              language,
            );
            return path === undefined ? (
              <None version={version} />
            ) : (
              <>
                <p>
                  <Dim>{text.models.cardFrom}</Dim>
                </p>
                <FileView source={source} path={path} />
              </>
            );
          }}
        </Answer>
      )}
    </>
  );
}

function None({ version }: { version: ModelVersion }) {
  const { text, language } = useLanguage();
  const uri = JSON.stringify(`models:/${version.name}/${version.version}`);
  return (
    <>
      <p>
        <Dim>{text.models.cardNone}</Dim>
      </p>
      <CodeBlock code={`npx esteira models card -m ${uri} --lang ${language} -o card.html`} />
    </>
  );
}
