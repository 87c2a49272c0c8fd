import { useFormat, useText } from "../i18n/use-text.tsx";
import type { Outcome } from "./explore.ts";
import classes from "./threshold.module.css";

interface OutcomesProps {
  readonly outcome: Outcome;
  /** Of the threshold that the model was given. */
  readonly given: Outcome;
  readonly currency: string;
}

/** What the chosen threshold does, and what it does otherwise than the given one. */
export function Outcomes({ outcome, given, currency }: OutcomesProps) {
  const text = useText().threshold;
  const format = useFormat();
  const money = (amount: number) => format.money(amount, currency);
  const count = (value: number) => format.metric(Number(value.toPrecision(3)));
  const figures = [
    { name: text.net, of: (one: Outcome) => one.netPerDay, show: money, more: "good", hint: text.perDay },
    { name: text.saved, of: (one: Outcome) => one.savedPerDay, show: money, more: "good", hint: text.perDay },
    { name: text.spent, of: (one: Outcome) => one.spentPerDay, show: money, more: "bad", hint: text.perDay },
    {
      name: text.alertsPerDay,
      of: (one: Outcome) => one.alertsPerDay,
      show: count,
      more: "",
      hint: text.perDay,
    },
    {
      name: text.bothered,
      of: (one: Outcome) => one.botheredPerDay,
      show: count,
      more: "bad",
      hint: text.perDay,
    },
    {
      ...{ name: text.botheredPerFraud, of: (one: Outcome) => one.botheredPerFraud, more: "bad" },
      ...{ show: (value: number) => (Number.isFinite(value) ? count(value) : "–"), hint: text.perFraud },
    },
    { name: text.recall, of: (one: Outcome) => one.recall, show: format.percent, more: "good", hint: text.ofFrauds },
    {
      name: text.valueRecall,
      of: (one: Outcome) => one.valueRecall,
      show: format.percent,
      more: "good",
      hint: text.ofMoney,
    },
    {
      name: text.precision,
      of: (one: Outcome) => one.precision,
      show: format.percent,
      more: "good",
      hint: text.ofAlerts,
    },
  ] as const;
  return (
    <dl className={classes.outcomes} aria-live="polite">
      {figures.map(({ name, of, show, more, hint }) => {
        const difference = of(outcome) - of(given);
        const isSame = !(Math.abs(difference) > 1e-9);
        const better = more === "" ? undefined : difference > 0 === (more === "good");
        return (
          <div key={name} className={classes.outcome}>
            <dt>
              {name} <span className={classes.hint}>{hint}</span>
            </dt>
            <dd className={classes.figure}>{show(of(outcome))}</dd>
            <dd className={classes.difference} data-better={isSame ? undefined : better}>
              {isSame ? text.asGiven : `${difference > 0 ? "+" : "−"}${show(Math.abs(difference))}`}
            </dd>
          </div>
        );
      })}
    </dl>
  );
}
