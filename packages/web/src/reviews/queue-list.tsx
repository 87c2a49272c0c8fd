import type { Review } from "@esteira/core/entities/review";
import { useFormat, useText } from "../i18n/use-text.tsx";
import { Moment } from "../shell/moment.tsx";
import { Dim } from "../shell/page.tsx";
import { heldElsewhere } from "./review-queries.ts";
import classes from "./reviews.module.css";
import { StateBadge } from "./state-badge.tsx";

interface QueueListProps {
  readonly reviews: readonly Review[];
  readonly currency: string;
  readonly chosen: string | undefined;
  onChoose(decisionId: string): void;
}

/** The alerts in their order, a line of two rows each. */
export function QueueList({ reviews, currency, chosen, onChoose }: QueueListProps) {
  const text = useText();
  return (
    <ol className={classes.queue} aria-label={text.reviews.title}>
      {reviews.map((review) => (
        <li key={review.decisionId}>
          <button
            type="button"
            className={classes.alert}
            aria-current={review.decisionId === chosen}
            ref={review.decisionId === chosen ? intoView : null}
            onClick={() => onChoose(review.decisionId)}
          >
            <Line review={review} currency={currency} />
          </button>
        </li>
      ))}
    </ol>
  );
}

const intoView = (element: HTMLButtonElement | null): void => element?.scrollIntoView({ block: "nearest" });

function Line({ review, currency }: { review: Review; currency: string }) {
  const text = useText();
  const format = useFormat();
  const { amount, score, decidedAt, reasons, erased, state } = review;
  const by = heldElsewhere(review, text.reviews.somebody);
  return (
    <>
      <strong>{amount === undefined ? text.reviews.noAmount : format.money(amount, currency)}</strong>
      <span className={classes.score}>{format.percent(score)}</span>
      <span className={classes.reason}>
        {erased ? text.reviews.erased : (reasons[0]?.feature ?? text.reviews.noReason)}
      </span>
      <span className={classes.age}>
        {state === "waiting" ? null : <StateBadge state={state} />}
        {by === undefined ? null : <Dim>{text.reviews.heldBy(by)}</Dim>} <Moment ms={decidedAt} />
      </span>
    </>
  );
}
