import type { Deployment } from "@esteira/core/entities/deployment";
import type { DeploymentDetails } from "@esteira/sdk/deployments";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { registeredModelQuery } from "../api/model-queries.ts";
import { useText } from "../i18n/use-text.tsx";
import { FlowView } from "../models/flow-view.tsx";
import { flowQuery } from "../models/life-queries.ts";
import { Moment } from "../shell/moment.tsx";
import { Dim, Facts, Heading, Mono, Page, Section } from "../shell/page.tsx";
import { SmallTable } from "../shell/small-table.tsx";
import { Answer } from "../shell/states.tsx";
import { useTitle } from "../shell/use-title.ts";
import { Arms } from "./arms-view.tsx";
import { deploymentQuery, useLiveDeployments } from "./deployment-queries.ts";
import classes from "./deployments.module.css";
import { RollBack } from "./roll-back.tsx";
import { StateBadge } from "./state-badge.tsx";

const route = getRouteApi("/deployments/$name/$id");

/** One deployment: what it serves, how that came about, and the way back. */
export function DeploymentPage() {
  const { name, id } = route.useParams();
  const query = useQuery(deploymentQuery(name, Number(id)));
  useLiveDeployments();
  useTitle(query.data?.deployment.name ?? name);
  return (
    <Page>
      <Answer query={query}>{(details) => <Loaded details={details} />}</Answer>
    </Page>
  );
}

function Loaded({ details: { deployment, changes } }: { details: DeploymentDetails }) {
  const text = useText();
  const { name, model, target, place, arms, url, problem, changedAt, changedBy, runners, flow, order } = deployment;
  return (
    <>
      <Heading
        crumbs={[
          <Link key="all" to="/deployments">
            {text.deployments.title}
          </Link>,
        ]}
        title={name}
      >
        <StateBadge deployment={deployment} />
        <RollBack deployment={deployment} />
      </Heading>
      {problem === undefined ? null : (
        <div className={classes.alarm} role="status">
          <strong>{text.deployments.lastFailed}</strong>
          <p lang="en">{problem}</p>
        </div>
      )}
      {order?.outcome === undefined ? null : <Settled order={order} />}
      <OtherChampion deployment={deployment} />
      <div className={classes.columns}>
        <Section title={text.deployments.serves}>
          <Arms arms={arms} />
        </Section>
        <Section title={text.run.details}>
          <Facts
            facts={[
              [
                text.deployments.model,
                <Link key="model" to="/models/$name" params={{ name: model }}>
                  {model}
                </Link>,
              ],
              [text.deployments.target, `${target} · ${place}`],
              [text.deployments.address, url === undefined ? undefined : <Mono key="url">{url}</Mono>],
              [
                text.deployments.images,
                arms.some(({ image }) => image !== undefined) ? <Images key="images" arms={arms} /> : undefined,
              ],
              [
                text.deployments.lastChange,
                <span key="changed">
                  <Moment ms={changedAt} /> {text.deployments.by(changedBy)}
                </span>,
              ],
              [text.deployments.runners, runners.length === 0 ? text.deployments.noRunner : runners.join(", ")],
            ]}
          />
        </Section>
      </div>
      {flow === undefined ? null : <FlowView key={flow} name={model} id={flow} />}
      <Section title={text.deployments.history}>
        <History changes={changes} model={model} />
      </Section>
    </>
  );
}

function Images({ arms }: { arms: Deployment["arms"] }) {
  return (
    <ul className={classes.images}>
      {arms.map(({ role, uri, image = "" }) => (
        <li key={`${role} ${uri}`}>
          <Mono>{image}</Mono>
        </li>
      ))}
    </ul>
  );
}

/** How the last rollback that was asked for went, when it did not come about. */
function Settled({ order }: { order: NonNullable<Deployment["order"]> }) {
  const text = useText();
  if (order.outcome !== "failed" && order.outcome !== "expired") return null;
  return (
    <div className={classes.alarm} role="status">
      <strong>{text.deployments.rollbackNotDone(order.askedBy)}</strong>
      {order.outcome === "expired" ? <p>{text.deployments.expired}</p> : <p lang="en">{order.note}</p>}
    </div>
  );
}

/** What the registry wants in service is not what answers: seen before somebody asks. */
function OtherChampion({ deployment: { model, version, state, flow } }: { deployment: Deployment }) {
  const text = useText();
  const aliases = useQuery(registeredModelQuery(model)).data?.aliases ?? [];
  const own = useQuery({ ...flowQuery(model, flow ?? 0), enabled: flow !== undefined }).data?.flow;
  const champion = aliases.find(({ alias }) => alias === "champion")?.version;
  if (champion === undefined || champion === version || state !== "serving" || own?.work !== undefined) return null;
  return (
    <p className={classes.notice}>
      {text.deployments.otherChampion(champion, version)}{" "}
      <Link to="/models/$name/versions/$version" params={{ name: model, version: champion }}>
        {text.models.versionName(champion)}
      </Link>
    </p>
  );
}

function History({ changes, model }: { changes: DeploymentDetails["changes"]; model: string }) {
  const text = useText();
  return (
    <SmallTable
      head={[
        { title: text.deployments.when, kind: "nowrap" },
        { title: text.deployments.what, kind: "nowrap" },
        { title: text.deployments.serves },
        { title: text.deployments.who, kind: "nowrap" },
        { title: text.deployments.note },
      ]}
      rows={changes.map(({ id, kind, arms, at, by, flow, note }) => ({
        key: String(id),
        cells: [
          <Moment key="at" ms={at} />,
          text.deployments.kinds[kind],
          <Arms key="arms" arms={arms} />,
          by,
          <span key="note">
            {flow === undefined ? null : (
              <Link to="/models/$name" params={{ name: model }} search={{ tab: "flows", flow }}>
                {text.flows.flow(flow)}
              </Link>
            )}{" "}
            {note === undefined ? flow === undefined ? <Dim>–</Dim> : null : <span lang="en">{note}</span>}
          </span>,
        ],
      }))}
    />
  );
}
