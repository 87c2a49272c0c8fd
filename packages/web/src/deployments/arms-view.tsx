import { type Arm, versionOfUri } from "@esteira/core/entities/deployment";
import { Link } from "@tanstack/react-router";
import { useFormat, useText } from "../i18n/use-text.tsx";
import { Mono } from "../shell/page.tsx";
import classes from "./deployments.module.css";
import { shortImage } from "./served.ts";

/** Who answers: each model with its share of the requests, drawn and said. */
export function Arms({ arms }: { arms: readonly Arm[] }) {
  return (
    <div className={classes.arms}>
      {arms.length > 1 ? <TrafficBar arms={arms} /> : null}
      <ul className={classes.armList}>
        {arms.map((arm) => (
          <ArmLine key={`${arm.role} ${arm.uri}`} arm={arm} isAlone={arms.length === 1} />
        ))}
      </ul>
    </div>
  );
}

/** The words beside it say the same. */
function TrafficBar({ arms }: { arms: readonly Arm[] }) {
  return (
    <div className={classes.traffic} aria-hidden="true">
      {arms
        .filter(({ share = 0 }) => share > 0)
        .map(({ role, uri, share = 0 }) => (
          <span key={`${role} ${uri}`} data-role={role} style={{ flexGrow: share }} />
        ))}
    </div>
  );
}

function ArmLine({ arm, isAlone }: { arm: Arm; isAlone: boolean }) {
  const text = useText();
  const format = useFormat();
  return (
    <li data-role={arm.role}>
      {isAlone ? null : <span className={classes.key} aria-hidden="true" />}
      <Served uri={arm.uri} />
      {isAlone ? null : (
        <span className={classes.dim}>
          {[text.deployments.roles[arm.role], ...(arm.share === undefined ? [] : [format.percent(arm.share)])].join(
            " · ",
          )}
        </span>
      )}
      {arm.image === undefined ? null : (
        <span className={classes.image} title={arm.image}>
          <Mono>{shortImage(arm.image)}</Mono>
        </span>
      )}
    </li>
  );
}

/** A version as a link to it; what is no version, as it is named. */
export function Served({ uri }: { uri: string }) {
  const text = useText();
  const served = versionOfUri(uri);
  if (served === undefined) return <Mono>{uri}</Mono>;
  return (
    <Link to="/models/$name/versions/$version" params={served}>
      {`${served.name} · ${text.models.versionName(served.version)}`}
    </Link>
  );
}
