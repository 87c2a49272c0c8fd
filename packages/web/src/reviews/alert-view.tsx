import type { Judgement, JudgementChange, Review } from "@esteira/core/entities/review";
import type { ReviewDetails } from "@esteira/sdk/reviews";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useFormat, useText } from "../i18n/use-text.tsx";
import { Moment } from "../shell/moment.tsx";
import { Dim, Facts, Mono, Note, Section } from "../shell/page.tsx";
import { Answer } from "../shell/states.tsx";
import { JudgeForm } from "./judge-form.tsx";
import { Reasons } from "./reasons.tsx";
import { heldElsewhere, reviewQuery } from "./review-queries.ts";
import classes from "./reviews.module.css";
import { StateBadge } from "./state-badge.tsx";
import { useHold } from "./use-hold.ts";

export interface AlertViewProps {
  readonly name: string;
  readonly decisionId: string;
  readonly currency: string;
  /** It was judged: on to the next. `before` is what it was. */
  onJudged(before: Review, judgement: Judgement | undefined): void;
}

/** One alert: what is known of it, why it is one, and what it is judged to be. */
export function AlertView(props: AlertViewProps) {
  const query = useQuery(reviewQuery(props.name, props.decisionId));
  useHold(props.name, props.decisionId);
  return <Answer query={query}>{(details) => <Loaded {...props} details={details} />}</Answer>;
}

function Loaded({ details: { review, changes }, ...props }: AlertViewProps & { details: ReviewDetails }) {
  const text = useText();
  const format = useFormat();
  const { name, currency } = props;
  const { amount, score, threshold, decidedAt, eventAt, version, arm, subjects, reasons, hint, known } = review;
  const words = text.reviews;
  const by = heldElsewhere(review, words.somebody);
  return (
    <>
      <header className={classes.alertHead}>
        <h2>{amount === undefined ? words.noAmount : format.money(amount, currency)}</h2>
        <StateBadge state={review.state} />
        <Dim>
          <Moment ms={decidedAt} />
        </Dim>
      </header>
      {by === undefined ? null : (
        <p className={classes.told} role="status">
          {words.heldByLong(by)}
        </p>
      )}
      {review.erased ? <p className={classes.told}>{words.erasedLong}</p> : null}
      <Section title={words.reasons}>
        <Reasons reasons={reasons} />
      </Section>
      <JudgeForm key={review.decisionId} {...props} review={review} />
      <Section title={text.run.details}>
        <Facts
          facts={[
            [
              words.score,
              threshold === undefined
                ? format.percent(score)
                : words.scoreOver(format.percent(score), format.percent(threshold)),
            ],
            [words.atRisk, amount === undefined ? undefined : format.money(score * Math.max(0, amount), currency)],
            [words.hint, hint],
            [words.known, known === undefined ? undefined : `${words.states[known.label]} (${known.source})`],
            [words.decided, format.dateTime(decidedAt)],
            [words.happened, eventAt === undefined ? undefined : format.dateTime(eventAt)],
            [
              text.models.version,
              <Link key="version" to="/models/$name/versions/$version" params={{ name, version }}>
                {arm === undefined ? version : `${version} (${arm})`}
              </Link>,
            ],
            [words.subjects, subjects.length === 0 ? undefined : <Mono key="subjects">{subjects.join("  ")}</Mono>],
            [words.decision, <Mono key="id">{review.decisionId}</Mono>],
          ]}
        />
      </Section>
      {changes.length === 0 ? null : (
        <Section title={words.history}>
          <History changes={changes} />
        </Section>
      )}
    </>
  );
}

function History({ changes }: { changes: readonly JudgementChange[] }) {
  const text = useText();
  const words = text.reviews;
  return (
    <ol className={classes.history}>
      {changes.map(({ revision, judgement, typology, note, by, at }) => (
        <li key={revision}>
          <span>
            <strong>{judgement === undefined ? words.putBack : words.states[judgement]}</strong>
            {typology === undefined ? "" : ` (${typology})`} · {by} · <Moment ms={at} />
          </span>
          {note === undefined ? null : <Note>{note}</Note>}
        </li>
      ))}
    </ol>
  );
}
