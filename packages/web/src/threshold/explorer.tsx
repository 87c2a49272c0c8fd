import type { OperatingPoints } from "@esteira/core/wire/operating-points";
import { Button, NumberInput, Slider } from "@mantine/core";
import { useFormat, useText } from "../i18n/use-text.tsx";
import { bestIndex, type Costs, capacityIndex, indexOfThreshold, outcomeAt } from "./explore.ts";
import { Outcomes } from "./outcomes.tsx";
import { SavingChart } from "./saving-chart.tsx";
import type { ThresholdSearch } from "./search.ts";
import classes from "./threshold.module.css";

const NAMES = { description: classes.hint ?? "" };

interface ExplorerProps {
  readonly operating: OperatingPoints;
  readonly search: ThresholdSearch;
  onChange(next: Partial<ThresholdSearch>): void;
}

export function Explorer({ operating, search, onChange }: ExplorerProps) {
  const text = useText();
  const format = useFormat();
  const { points, costs: own, currency } = operating;
  const costs: Costs = {
    recovery: search.recovery ?? own.recovery,
    margin: search.margin ?? own.margin,
    falseAlert: search.falseAlert ?? own.falseAlert,
    alert: search.alert ?? own.alert,
  };
  const given = indexOfThreshold(operating, operating.threshold);
  const index = search.threshold === undefined ? given : indexOfThreshold(operating, search.threshold);
  const best = bestIndex(operating, costs);
  const full = search.capacity === undefined ? undefined : capacityIndex(operating, search.capacity);
  /** Above all scores there is no score to name, so half as much again stands for it. */
  const choose = (next: number) =>
    onChange({ threshold: next === given ? undefined : (points.threshold[next] ?? (points.threshold[0] ?? 0) * 1.5) });
  const decimalSeparator = format.metric(0.5).charAt(1);
  const outcome = outcomeAt(operating, index, costs);
  return (
    <div className={classes.explorer}>
      <section className={classes.choice} aria-label={text.threshold.threshold}>
        <label className={classes.sliderLabel} htmlFor="threshold">
          {text.threshold.threshold}
          <output className={classes.chosen}>
            {Number.isFinite(outcome.threshold) ? format.metric(outcome.threshold) : text.threshold.aboveAll}
          </output>
        </label>
        <Slider
          id="threshold"
          min={-1}
          max={points.threshold.length - 1}
          value={index}
          onChange={choose}
          label={null}
          thumbLabel={text.threshold.threshold}
          thumbProps={{
            "aria-valuetext": `${format.metric(outcome.threshold)}: ${text.threshold.alertsPerDay} ${format.metric(outcome.alertsPerDay)}`,
          }}
        />
        <div className={classes.ends} aria-hidden="true">
          <span>{text.threshold.fewer}</span>
          <span>{text.threshold.more}</span>
        </div>
        <div className={classes.jumps}>
          <Button size="compact-sm" variant="default" disabled={index === given} onClick={() => choose(given)}>
            {text.threshold.toGiven}
          </Button>
          <Button size="compact-sm" variant="default" disabled={index === best} onClick={() => choose(best)}>
            {text.threshold.toBest}
          </Button>
          {full === undefined ? null : (
            <Button size="compact-sm" variant="default" disabled={index === full} onClick={() => choose(full)}>
              {text.threshold.toCapacity}
            </Button>
          )}
        </div>
      </section>
      <Outcomes outcome={outcome} given={outcomeAt(operating, given, costs)} currency={currency} />
      <SavingChart
        operating={operating}
        costs={costs}
        index={index}
        marks={[
          { index: given, name: text.threshold.given },
          { index: best, name: text.threshold.best },
          ...(full === undefined ? [] : [{ index: full, name: text.threshold.capacityMark }]),
        ]}
        onChoose={choose}
      />
      <section className={classes.costs} aria-label={text.threshold.assumptions}>
        <h2>{text.threshold.assumptions}</h2>
        <p className={classes.hint}>{text.threshold.assumptionsHint}</p>
        <div className={classes.fields}>
          <NumberInput
            classNames={NAMES}
            label={text.threshold.capacity}
            description={text.threshold.perDay}
            min={0}
            value={search.capacity ?? ""}
            onChange={(value) => onChange({ capacity: numberOf(value) })}
          />
          {(["falseAlert", "alert"] as const).map((key) => (
            <NumberInput
              key={key}
              classNames={NAMES}
              label={text.threshold[key]}
              description={text.threshold[`${key}Hint`]}
              min={0}
              decimalScale={2}
              decimalSeparator={decimalSeparator}
              suffix={` ${currency}`}
              value={costs[key]}
              onChange={(value) => onChange({ [key]: unlessOwn(numberOf(value), own[key]) })}
            />
          ))}
          {(["recovery", "margin"] as const).map((key) => (
            <NumberInput
              key={key}
              classNames={NAMES}
              label={text.threshold[key]}
              description={text.threshold[`${key}Hint`]}
              min={0}
              max={100}
              decimalScale={2}
              decimalSeparator={decimalSeparator}
              suffix=" %"
              value={rounded(100 * costs[key])}
              onChange={(value) => onChange({ [key]: unlessOwn(shareOf(numberOf(value)), own[key]) })}
            />
          ))}
        </div>
        <Button
          size="compact-sm"
          variant="subtle"
          mt="sm"
          onClick={() =>
            onChange({
              recovery: undefined,
              margin: undefined,
              falseAlert: undefined,
              alert: undefined,
              capacity: undefined,
            })
          }
        >
          {text.common.reset}
        </Button>
      </section>
      <p className={classes.basis}>
        {text.threshold.basis(
          format.number(operating.rows),
          format.number(operating.frauds),
          format.number(operating.days),
        )}
      </p>
    </div>
  );
}

const numberOf = (value: string | number): number | undefined => (typeof value === "number" ? value : undefined);
const unlessOwn = (value: number | undefined, own: number): number | undefined => (value === own ? undefined : value);
const shareOf = (percent: number | undefined): number | undefined =>
  percent === undefined ? undefined : rounded(percent) / 100;
/** Without what a product of floating-point numbers leaves behind. */
const rounded = (value: number): number => Number(value.toPrecision(12));
