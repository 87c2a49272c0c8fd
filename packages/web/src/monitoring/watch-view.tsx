import type { WatchTold } from "@esteira/core/wire/watch";
import { Badge } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useFormat, useLanguage, useText } from "../i18n/use-text.tsx";
import { Moment } from "../shell/moment.tsx";
import { Dim, Section } from "../shell/page.tsx";
import classes from "./monitoring.module.css";
import { type Watched, watchedQuery } from "./watch-queries.ts";

/** Looks that may be missed before a monitor counts as silent. */
const SILENT_AFTER = 3;
const SHOWN = [
  "decisions",
  "alert_rate",
  "error_share",
  "latency_p50",
  "latency_p99",
  "label_age",
  "retraining_age",
] as const;
const SEVERITY_COLORS = { info: "gray", watch: "yellow", act: "red", page: "red" } as const;

/** What a monitor saw last: figures of the service, and the alerts that are open. Nothing where no monitor tells. */
export function Watching({ name }: { name: string }) {
  const { data } = useQuery(watchedQuery(name));
  return data === undefined || data === null ? null : <Seen watched={data} />;
}

function Seen({ watched: { run, told } }: { watched: Watched }) {
  const { text, language } = useLanguage();
  const words = text.monitoring;
  const { experimentId, runId } = run.info;
  const isSilent = Date.now() - told.at > SILENT_AFTER * told.every;
  return (
    <Section
      title={words.now}
      aside={
        <>
          <Dim>
            <Moment ms={told.at} />
          </Dim>
          <Link to="/experiments/$experimentId/runs/$runId" params={{ experimentId, runId }} search={{ tab: "charts" }}>
            {words.overTime}
          </Link>
        </>
      }
    >
      {isSilent ? (
        <p className={classes.silent} role="status">
          {words.silent}
        </p>
      ) : null}
      <Figures told={told} />
      {told.alerts.length === 0 ? (
        <p>
          <Dim>{words.noIncidents}</Dim>
        </p>
      ) : (
        <ul className={classes.reasons} aria-label={words.incidents}>
          {told.alerts.map((alert) => (
            <li key={`${alert.rule} ${alert.text.en}`}>
              <Badge color={SEVERITY_COLORS[alert.severity]}>{words.severities[alert.severity]}</Badge>{" "}
              {alert.isFiring ? null : <Badge color="gray">{words.pending}</Badge>} {alert.text[language]}
            </li>
          ))}
        </ul>
      )}
      {told.more > 0 ? <Dim>{words.moreIncidents(told.more)}</Dim> : null}
    </Section>
  );
}

/** Each figure over the shortest span that the monitor looks at. */
function Figures({ told }: { told: WatchTold }) {
  const text = useText();
  const format = useFormat();
  const words = text.monitoring;
  const shown = SHOWN.flatMap((name) => {
    const found = told.figures.find(({ signal }) => signal === name);
    return found === undefined ? [] : [{ ...found, name }];
  });
  const value = (name: (typeof SHOWN)[number], figure: number): string => {
    if (name === "decisions") return format.number(figure);
    if (name === "alert_rate" || name === "error_share") return format.percent(figure);
    return format.duration(name === "latency_p50" || name === "latency_p99" ? figure : figure * 1000);
  };
  return (
    <dl className={classes.now}>
      {shown.map(({ name, window, value: figure }) => (
        <div key={name}>
          <dt>{words.figures[name]}</dt>
          <dd>{value(name, figure)}</dd>
          {window === undefined ? null : <dd className={classes.inWindow}>{words.inWindow(window)}</dd>}
        </div>
      ))}
    </dl>
  );
}
