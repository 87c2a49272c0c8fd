import type { OperatingPoints } from "@esteira/core/wire/operating-points";
import { useElementSize } from "@mantine/hooks";
import { type PointerEvent, useMemo } from "react";
import { useFormat, useText } from "../i18n/use-text.tsx";
import { type Costs, outcomeAt } from "./explore.ts";
import { chartScales, logTicks, moneyTicks } from "./saving-scales.ts";
import classes from "./threshold.module.css";

interface SavingChartProps {
  readonly operating: OperatingPoints;
  readonly costs: Costs;
  readonly index: number;
  readonly marks: readonly { readonly index: number; readonly name: string }[];
  onChoose(index: number): void;
}

const HEIGHT = 260;
/** Of a mark's name, at the most. */
const NAME_WIDTH = 180;
const FRAME = { top: 40, right: 14, bottom: 34, left: 76 };

/** The net saving a day over the alerts a day. A pointer chooses the nearest point; the slider above does so by keys. */
export function SavingChart({ operating, costs, index, marks, onChoose }: SavingChartProps) {
  const text = useText().threshold;
  const format = useFormat();
  const { ref, width } = useElementSize();
  const outcomes = useMemo(
    () => operating.points.threshold.map((_, at) => outcomeAt(operating, at, costs)),
    [operating, costs],
  );
  const scales = chartScales(outcomes, { ...FRAME, width: Math.max(width, 240), height: HEIGHT });
  const { x, y } = scales;
  const line = outcomes.map(
    ({ alertsPerDay, netPerDay }) => `${x(alertsPerDay).toFixed(1)},${y(netPerDay).toFixed(1)}`,
  );
  const chosen = outcomes[index];
  // One name a line, each away from the marks whose lines begin below it.
  const placed = marks
    .flatMap(({ index: at, name }) => {
      const mark = outcomes[at];
      return mark === undefined ? [] : [{ here: x(mark.alertsPerDay), name }];
    })
    .sort((a, b) => a.here - b.here);
  const isLate = (placed.at(-1)?.here ?? 0) > scales.right - NAME_WIDTH;
  const shown = isLate ? placed.toReversed() : placed;
  const choose = (event: PointerEvent<SVGSVGElement>) => {
    const place = event.clientX - event.currentTarget.getBoundingClientRect().left;
    let nearest = 0;
    outcomes.forEach(({ alertsPerDay }, at) => {
      if (Math.abs(x(alertsPerDay) - place) < Math.abs(x(outcomes[nearest]?.alertsPerDay ?? 0) - place)) nearest = at;
    });
    onChoose(nearest);
  };
  return (
    <figure className={classes.chart} ref={ref}>
      <figcaption>{text.chart}</figcaption>
      <svg
        width="100%"
        height={HEIGHT}
        role="img"
        aria-label={text.chart}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          choose(event);
        }}
        onPointerMove={(event) => {
          if (event.buttons === 1) choose(event);
        }}
      >
        {moneyTicks(scales).map((value) => (
          <g key={value}>
            <line
              className={value === 0 ? classes.zero : classes.grid}
              x1={FRAME.left}
              x2={scales.right}
              y1={y(value)}
              y2={y(value)}
            />
            <text className={classes.tick} x={FRAME.left - 8} y={y(value) + 4} textAnchor="end">
              {format.money(value, operating.currency)}
            </text>
          </g>
        ))}
        {logTicks(scales).map((value) => (
          <text key={value} className={classes.tick} x={x(value)} y={HEIGHT - FRAME.bottom + 18} textAnchor="middle">
            {format.metric(value)}
          </text>
        ))}
        <text className={classes.tick} x={scales.right} y={HEIGHT - 4} textAnchor="end">
          {text.alertsPerDay}
        </text>
        {shown.map(({ here, name }, place) => {
          return (
            <g key={name}>
              <line className={classes.mark} x1={here} x2={here} y1={6 + place * 12} y2={HEIGHT - FRAME.bottom} />
              <text
                className={classes.markName}
                x={here + (isLate ? -5 : 5)}
                y={14 + place * 12}
                textAnchor={isLate ? "end" : "start"}
              >
                {name}
              </text>
            </g>
          );
        })}
        <polyline className={classes.line} points={line.join(" ")} />
        {chosen === undefined ? null : (
          <circle className={classes.dot} cx={x(chosen.alertsPerDay)} cy={y(chosen.netPerDay)} r={5} />
        )}
      </svg>
    </figure>
  );
}
