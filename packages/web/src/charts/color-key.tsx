import { useComputedColorScheme } from "@mantine/core";
import { useFormat, useText } from "../i18n/use-text.tsx";
import classes from "./charts.module.css";
import { type Dimension, scaleOf } from "./dimensions.ts";
import { Legend } from "./legend.tsx";
import { colorOf, sequentialColor } from "./palette.ts";

/** What the colours of runs stand for. */
export function ColorKey({ dimension }: { readonly dimension: Dimension }) {
  const text = useText();
  const format = useFormat();
  const dark = useComputedColorScheme("light") === "dark";
  const scale = scaleOf(dimension, 0);
  if (scale === undefined) return null;
  if (dimension.kind === "category") {
    return (
      <Legend
        items={dimension.categories.map((name, at) => ({ id: name, name, color: colorOf(at, dark) }))}
        label={dimension.label}
      />
    );
  }
  const stops = [0, 0.2, 0.4, 0.6, 0.8, 1].map((share) => sequentialColor(0.15 + 0.85 * share, dark));
  return (
    <div className={classes.ramp}>
      <b>{scale.isLog ? `${dimension.label} (${text.charts.log})` : dimension.label}</b>
      <span>{format.metric(scale.range[0])}</span>
      <span className={classes.rampBar} style={{ background: `linear-gradient(90deg, ${stops.join(", ")})` }} />
      <span>{format.metric(scale.range[1])}</span>
    </div>
  );
}
