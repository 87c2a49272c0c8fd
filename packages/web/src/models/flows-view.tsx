import type { Flow } from "@esteira/core/flow/entity";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useText } from "../i18n/use-text.tsx";
import { CodeBlock } from "../shell/code-block.tsx";
import { Moment } from "../shell/moment.tsx";
import { Dim } from "../shell/page.tsx";
import { SmallTable } from "../shell/small-table.tsx";
import { Answer } from "../shell/states.tsx";
import { FlowBadge } from "./flow-badge.tsx";
import { FlowView } from "./flow-view.tsx";
import { flowsQuery } from "./life-queries.ts";

interface FlowsProps {
  readonly name: string;
  /** The id of the flow that is looked at; the newest when absent. */
  readonly open: number | undefined;
}

/** The ways of a model's versions to production. */
export function Flows({ name, open }: FlowsProps) {
  const text = useText();
  const query = useQuery(flowsQuery(name));
  return (
    <Answer query={query}>
      {(flows) => {
        const [newest] = flows;
        if (newest === undefined) {
          return (
            <>
              <p style={{ marginTop: 0 }}>
                <Dim>{text.flows.none}</Dim>
              </p>
              <CodeBlock code={`npx esteira flow set flow.yaml --model ${JSON.stringify(name)}`} />
            </>
          );
        }
        return (
          <>
            <FlowList flows={flows} />
            <FlowView key={open ?? newest.id} name={name} id={open ?? newest.id} />
          </>
        );
      }}
    </Answer>
  );
}

function FlowList({ flows }: { flows: readonly Flow[] }) {
  const text = useText();
  return (
    <SmallTable
      head={[
        { title: text.flows.title, kind: "nowrap" },
        { title: text.flows.version, kind: "nowrap" },
        { title: text.flows.outcome },
        { title: text.flows.started, kind: "nowrap" },
        { title: text.flows.startedBy },
      ]}
      rows={flows.map((flow) => ({
        key: String(flow.id),
        cells: [
          <Link key="flow" to="/models/$name" params={{ name: flow.model }} search={{ tab: "flows", flow: flow.id }}>
            {text.flows.flow(flow.id)}
          </Link>,
          <Link key="version" to="/models/$name/versions/$version" params={{ name: flow.model, version: flow.version }}>
            {text.models.versionName(flow.version)}
          </Link>,
          <FlowBadge key="badge" flow={flow} />,
          <Moment key="at" ms={flow.startedAt} />,
          flow.startedBy,
        ],
      }))}
    />
  );
}
