import { useFormat, useText } from "../i18n/use-text.tsx";
import type { Values } from "./frame.ts";
import { histogramOf, type Summary, summaryOf } from "./grouping.ts";
import classes from "./runs-table.module.css";

const BINS = 12;
const BAR = 3;
const HEIGHT = 16;

interface DistributionProps {
  readonly values: Values;
  readonly rows: Int32Array;
  /** The rows whose range is the picture's width: all pictures of a column can be compared. */
  readonly all: Int32Array;
  readonly summary: Summary;
}

/** How a group's numbers lie between the least and the greatest of the table. */
export function Distribution({ values, rows, all, summary }: DistributionProps) {
  const text = useText();
  const format = useFormat();
  const counts = histogramOf(values, rows, summaryOf(values, all), BINS);
  const most = Math.max(...counts, 1);
  const figures = [summary.min, summary.mean, summary.max].map((value) => format.metric(value));
  const title = text.runs.distribution(figures[0] ?? "", figures[1] ?? "", figures[2] ?? "", summary.count);
  return (
    <svg className={classes.distribution} width={BINS * BAR} height={HEIGHT} role="img" aria-label={title}>
      <title>{title}</title>
      {[...counts].map((count, bin) => {
        const height = count === 0 ? 0 : Math.max(1.5, (count / most) * HEIGHT);
        // biome-ignore lint/suspicious/noArrayIndexKey: a bar is its place.
        return <rect key={bin} x={bin * BAR} y={HEIGHT - height} width={BAR - 1} height={height} />;
      })}
    </svg>
  );
}
