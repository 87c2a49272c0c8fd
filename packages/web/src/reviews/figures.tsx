import type { ReviewList } from "@esteira/core/entities/review";
import type { ReactNode } from "react";
import { useFormat, useText } from "../i18n/use-text.tsx";
import { Moment } from "../shell/moment.tsx";
import classes from "./reviews.module.css";

/** How full the queue is, and whether the team keeps up with it. */
export function Figures({ list: { counts, queue } }: { list: ReviewList }) {
  const text = useText();
  const format = useFormat();
  const words = text.reviews;
  const { states, riskWaiting, oldestWaiting, arrived, judged } = counts;
  const capacity = queue?.capacity;
  const figures: readonly (readonly [name: string, value: ReactNode, more?: string | undefined])[] = [
    [
      words.states.waiting,
      format.number(states.waiting),
      capacity === undefined || states.waiting === 0
        ? undefined
        : words.daysOfWork(format.metric(Math.round((states.waiting / capacity) * 10) / 10)),
    ],
    [words.atRisk, queue === undefined ? "–" : format.money(riskWaiting, queue.currency), words.atRiskHint],
    [words.oldest, oldestWaiting === undefined ? "–" : <Moment key="oldest" ms={oldestWaiting} />],
    [words.arrived, format.number(arrived), words.lastDay],
    [
      words.judged,
      format.number(judged),
      capacity === undefined ? words.lastDay : words.ofCapacity(format.number(capacity)),
    ],
  ];
  return (
    <dl className={classes.figures}>
      {figures.map(([name, value, more]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
          {more === undefined ? null : <dd className={classes.more}>{more}</dd>}
        </div>
      ))}
    </dl>
  );
}
