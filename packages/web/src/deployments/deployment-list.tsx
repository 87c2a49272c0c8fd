import type { Deployment } from "@esteira/core/entities/deployment";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useText } from "../i18n/use-text.tsx";
import { FlowBadge } from "../models/flow-badge.tsx";
import { flowQuery } from "../models/life-queries.ts";
import { Moment } from "../shell/moment.tsx";
import { Arms } from "./arms-view.tsx";
import classes from "./deployments.module.css";
import { StateBadge } from "./state-badge.tsx";

export function DeploymentList({ deployments }: { deployments: readonly Deployment[] }) {
  return (
    <ul className={classes.list}>
      {deployments.map((deployment) => (
        <Row key={deployment.id} deployment={deployment} />
      ))}
    </ul>
  );
}

function Row({ deployment }: { deployment: Deployment }) {
  const text = useText();
  const { id, name, model, target, place, arms, changedAt, changedBy, flow } = deployment;
  return (
    <li className={classes.row} data-state={deployment.state}>
      <div className={classes.who}>
        <Link className={classes.name ?? ""} to="/deployments/$name/$id" params={{ name: model, id: String(id) }}>
          {name}
        </Link>
        <span className={classes.dim}>{`${target} · ${place}`}</span>
      </div>
      <Arms arms={arms} />
      <div className={classes.badges}>
        <StateBadge deployment={deployment} />
        {flow === undefined ? null : <OwnFlow model={model} id={flow} />}
      </div>
      <span className={classes.when}>
        <span className={classes.hidden}>{text.deployments.lastChange}</span> <Moment ms={changedAt} />{" "}
        <span className={classes.dim}>{text.deployments.by(changedBy)}</span>
      </span>
    </li>
  );
}

/** The flow that deploys it while it is under way; how it has ended is told by what is deployed. */
function OwnFlow({ model, id }: { model: string; id: number }) {
  const flow = useQuery(flowQuery(model, id)).data?.flow;
  if (flow?.work === undefined) return null;
  return (
    <Link to="/models/$name" params={{ name: model }} search={{ tab: "flows", flow: id }}>
      <FlowBadge flow={flow} />
    </Link>
  );
}
