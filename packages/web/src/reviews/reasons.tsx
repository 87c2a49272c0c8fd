import type { AlertReason } from "@esteira/core/entities/review";
import { useFormat, useText } from "../i18n/use-text.tsx";
import { Dim } from "../shell/page.tsx";
import classes from "./reviews.module.css";

/** Why the score is what it is: by how much each feature multiplied the odds, the strongest first. */
export function Reasons({ reasons }: { reasons: readonly AlertReason[] }) {
  const text = useText();
  const format = useFormat();
  if (reasons.length === 0) return <Dim>{text.reviews.noReason}</Dim>;
  const most = Math.max(...reasons.map(({ contribution }) => Math.abs(contribution)), Number.MIN_VALUE);
  return (
    <ul className={classes.reasons}>
      {reasons.map(({ feature, contribution, value }) => (
        <li key={feature}>
          <span className={classes.feature}>{feature}</span>
          <span className={classes.value}>{value === undefined ? <Dim>–</Dim> : shown(value, format.metric)}</span>
          <span className={classes.bar} aria-hidden="true">
            <i
              data-way={contribution < 0 ? "down" : "up"}
              style={{ width: `${(Math.abs(contribution) / most) * 100}%` }}
            />
          </span>
          <span className={classes.odds}>
            {text.reviews.odds(format.metric(Number(Math.exp(contribution).toPrecision(3))))}
          </span>
        </li>
      ))}
    </ul>
  );
}

/** Numbers as the reader writes them; what is a word stays one. */
function shown(value: string, format: (value: number) => string): string {
  const number = Number(value);
  return value.trim() === "" || !Number.isFinite(number) ? value : format(number);
}
