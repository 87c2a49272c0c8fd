import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useText } from "../i18n/use-text.tsx";
import { Dim } from "../shell/page.tsx";
import { deploymentsQuery, modelDeploymentsQuery } from "./deployment-queries.ts";
import classes from "./deployments.module.css";
import { serves } from "./served.ts";
import { StateBadge } from "./state-badge.tsx";

/** The deployments of which a version is a part now. */
export function WhereServed({ name, version }: { name: string; version: string }) {
  const text = useText();
  const { data, isPending } = useQuery(modelDeploymentsQuery(name));
  const found = data?.filter((one) => serves(one, name, version)) ?? [];
  if (isPending) return null;
  if (found.length === 0) return <Dim>{text.deployments.servedNowhere}</Dim>;
  return (
    <ul className={classes.places}>
      {found.map((one) => (
        <li key={one.id}>
          <Link to="/deployments/$name/$id" params={{ name: one.model, id: String(one.id) }}>
            {one.name}
          </Link>
          <StateBadge deployment={one} />
          <Dim>{`${one.target} · ${one.place}`}</Dim>
        </li>
      ))}
    </ul>
  );
}

/** In a list of models: what serves one, in few words. */
export function ServedShort({ name }: { name: string }) {
  const text = useText();
  const found = useQuery(deploymentsQuery).data?.filter(({ model, state }) => model === name && state !== "removed");
  if (found === undefined || found.length === 0) return <Dim>–</Dim>;
  return (
    <span className={classes.short}>
      {found.slice(0, 3).map(({ id, model, name, version }) => (
        <Link key={id} to="/deployments/$name/$id" params={{ name: model, id: String(id) }}>
          {`${name} · ${text.models.versionName(version)}`}
        </Link>
      ))}
      {found.length > 3 ? <Link to="/deployments" search={{ q: name }}>{`+${found.length - 3}`}</Link> : null}
    </span>
  );
}
