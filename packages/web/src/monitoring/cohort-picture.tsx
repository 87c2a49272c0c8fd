import { useFormat, useText } from "../i18n/use-text.tsx";
import { focusScroll } from "../shell/focus-scroll.ts";
import { Dim } from "../shell/page.tsx";
import type { Cohort } from "./monitor-report.ts";
import classes from "./monitoring.module.css";

/** Where the picture has lines, from above. */
const LINES = [1, 0.75, 0.5, 0.25, 0];

/**
 * The recall of each cohort with its interval, beside what its scores said before there were labels. A young cohort's dot is hollow: labels are still to come.
 */
export function CohortPicture({ cohorts }: { cohorts: readonly Cohort[] }) {
  const text = useText();
  const format = useFormat();
  if (cohorts.length === 0) return <Dim>{text.monitoring.noCohorts}</Dim>;
  return (
    <>
      <ul className={classes.legend} aria-hidden="true">
        <li data-kind="mature">{text.monitoring.mature}</li>
        <li data-kind="young">{text.monitoring.young}</li>
        {cohorts.some(({ estimated }) => estimated !== null) ? (
          <li data-kind="estimated">{text.monitoring.estimated}</li>
        ) : null}
      </ul>
      <div className={classes.frame} ref={focusScroll}>
        <div className={classes.picture}>
          <div className={classes.axis} aria-hidden="true">
            {LINES.map((share) => (
              <span key={share}>{format.percent(share)}</span>
            ))}
          </div>
          <ol className={classes.cohorts} aria-label={text.monitoring.performance}>
            {cohorts.map((cohort) => (
              <Column key={cohort.from} cohort={cohort} />
            ))}
          </ol>
        </div>
      </div>
    </>
  );
}

function Column({ cohort }: { cohort: Cohort }) {
  const text = useText();
  const format = useFormat();
  const { recall, recallInterval, estimated, mature, labelsToCome } = cohort;
  const words = text.monitoring;
  const between = ({ low, high }: Cohort["recallInterval"]) =>
    low === null || high === null ? "" : ` (${format.percent(low)} – ${format.percent(high)})`;
  const told = [
    `${format.date(cohort.from)} – ${format.date(cohort.to - 1)}`,
    mature ? words.mature : words.young,
    words.knownFrauds(cohort.frauds),
    recall === null ? words.noRecall : `${words.recall} ${format.percent(recall)}${between(recallInterval)}`,
    ...(estimated === null || estimated.recall.value === null
      ? []
      : [`${words.estimated} ${format.percent(estimated.recall.value)}${between(estimated.recall.interval)}`]),
    ...(labelsToCome === null ? [] : [words.toCome(format.percent(labelsToCome))]),
  ].join(" · ");
  return (
    <li title={told}>
      <span className={classes.words}>{told}</span>
      <span className={classes.plot} aria-hidden="true">
        <Span interval={estimated?.recall.interval} kind="estimated" />
        <Span interval={recall === null ? undefined : recallInterval} kind="realised" />
        {recall === null ? null : <i className={classes.dot} data-mature={mature} style={{ bottom: at(recall) }} />}
      </span>
      <span className={classes.when} aria-hidden="true">
        {format.shortDate(cohort.from)}
      </span>
    </li>
  );
}

function Span({ interval, kind }: { interval: Cohort["recallInterval"] | undefined; kind: "estimated" | "realised" }) {
  if (interval === undefined || interval.low === null || interval.high === null) return null;
  const { low, high } = interval;
  return <i className={classes.span} data-kind={kind} style={{ bottom: at(low), height: at(high - low) }} />;
}

const at = (share: number): string => `${share * 100}%`;
