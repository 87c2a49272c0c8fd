import { useFormat, useText } from "../i18n/use-text.tsx";
import { SmallTable } from "../shell/small-table.tsx";
import classes from "./charts.module.css";
import { type Line, summaryOf } from "./series.ts";
import { Stroke } from "./stroke.tsx";
import type { AxisFormat } from "./use-axis-format.ts";

/** What a chart shows, in words and numbers: a line a curve. */
export function LineTable(props: {
  readonly name: string;
  readonly lines: readonly Line[];
  readonly format: AxisFormat;
}) {
  const text = useText();
  const format = useFormat();
  const value = (of: number | undefined) => (of === undefined ? "–" : props.format.value(of));
  return (
    <section className={classes.table} aria-label={text.charts.tableOf(props.name)}>
      <SmallTable
        head={[
          { title: text.charts.line },
          { title: text.charts.points, kind: "number" },
          { title: text.charts.first, kind: "number" },
          { title: text.charts.last, kind: "number" },
          { title: text.charts.least, kind: "number" },
          { title: text.charts.greatest, kind: "number" },
        ]}
        rows={props.lines.map((line) => {
          const { points, first, last, least, greatest } = summaryOf(line.y);
          return {
            key: line.id,
            cells: [
              <span key="name" className={classes.lineName}>
                <Stroke color={line.color} dash={line.dash} /> <bdi>{line.label}</bdi>
              </span>,
              format.number(points),
              ...[first, last, least, greatest].map(value),
            ],
          };
        })}
      />
    </section>
  );
}
