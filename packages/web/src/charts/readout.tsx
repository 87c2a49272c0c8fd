import { useText } from "../i18n/use-text.tsx";
import classes from "./charts.module.css";
import { nearest } from "./nearest.ts";
import type { Line } from "./series.ts";
import { Stroke } from "./stroke.tsx";
import type { AxisFormat } from "./use-axis-format.ts";

const SHOWN = 12;

/** Names and values at the crosshair, the greatest first, beside it on the side that has room. */
export function Readout(props: {
  readonly lines: readonly Line[];
  readonly place: { readonly x: number; readonly left: number };
  readonly format: AxisFormat;
}) {
  const text = useText();
  const { lines, place, format } = props;
  const rows = lines
    .map((line) => {
      const at = nearest(line.x, place.x);
      return { line, value: at === undefined ? Number.NaN : line.y[at]! };
    })
    .sort((a, b) => (Number.isNaN(a.value) ? 1 : Number.isNaN(b.value) ? -1 : b.value - a.value));
  return (
    // What it shows, the chart itself reads out.
    <div className={classes.readout} aria-hidden="true" data-side={place.left > 240 ? "left" : "right"}>
      {rows.slice(0, SHOWN).map(({ line, value }) => (
        <div key={line.id} className={classes.readoutRow}>
          <Stroke color={line.color} dash={line.dash} />
          <bdi>{line.label}</bdi>
          <b>{Number.isNaN(value) ? "NaN" : format.value(value)}</b>
        </div>
      ))}
      {rows.length > SHOWN ? <div>{text.charts.andMore(rows.length - SHOWN)}</div> : null}
    </div>
  );
}
