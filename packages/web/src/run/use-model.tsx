import type { Run } from "@esteira/core/entities/run";
import { Tabs } from "@mantine/core";
import { baseUrl } from "../api/client.ts";
import { useText } from "../i18n/use-text.tsx";
import { CodeBlock } from "../shell/code-block.tsx";
import { Dim } from "../shell/page.tsx";
import { curlCode, curlRunCode, pythonCode, pythonRunCode, typescriptCode, typescriptRunCode } from "./snippets.ts";

interface UseModelProps {
  /** `models:/name/3`, `models:/name@champion` or `models:/m-...`. */
  readonly uri: string;
  readonly artifactUri: string;
  /** Names of the model's inputs, for the example request. */
  readonly columns: readonly string[];
}

export function UseModel({ uri, artifactUri, columns }: UseModelProps) {
  const text = useText();
  const server = `${location.origin}${baseUrl}`;
  const ways = [
    { id: "python", title: text.use.python, hint: text.use.pythonHint, code: pythonCode(server, uri) },
    {
      id: "typescript",
      title: text.use.typescript,
      hint: text.use.typescriptHint,
      code: typescriptCode(server, artifactUri),
    },
    { id: "curl", title: text.use.curl, hint: text.use.curlHint, code: curlCode(server, uri, columns) },
  ];
  return <Ways ways={ways} />;
}

/** A run's params, metrics and files from a program. */
export function UseRun({ run }: { run: Run }) {
  const text = useText();
  const server = `${location.origin}${baseUrl}`;
  const { runId } = run.info;
  const hint = text.use.runHint;
  return (
    <Ways
      ways={[
        { id: "python", title: text.use.python, hint, code: pythonRunCode(server, runId) },
        { id: "typescript", title: text.use.typescript, hint, code: typescriptRunCode(server, runId) },
        { id: "curl", title: text.use.curl, hint, code: curlRunCode(server, runId) },
      ]}
    />
  );
}

interface Way {
  readonly id: string;
  readonly title: string;
  readonly hint: string;
  readonly code: string;
}

function Ways({ ways }: { ways: readonly Way[] }) {
  return (
    <Tabs defaultValue="python" variant="default">
      <Tabs.List mb={10}>
        {ways.map(({ id, title }) => (
          <Tabs.Tab key={id} value={id}>
            {title}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      {ways.map(({ id, hint, code }) => (
        <Tabs.Panel key={id} value={id}>
          <p style={{ margin: "0 0 8px" }}>
            <Dim>{hint}</Dim>
          </p>
          <CodeBlock code={code} />
        </Tabs.Panel>
      ))}
    </Tabs>
  );
}
