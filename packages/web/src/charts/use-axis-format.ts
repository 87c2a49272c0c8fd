import { useMemo } from "react";
import { useFormat, useLanguage, useText } from "../i18n/use-text.tsx";
import type { XAxis } from "./axis.ts";
import { nearest } from "./nearest.ts";
import type { Range } from "./scale.ts";
import type { Line } from "./series.ts";

/** How places on an axis and values are said. */
export interface AxisFormat {
  /** What the axis is called. */
  readonly name: string;
  /** A mark of the axis, short. */
  tick(place: number): string;
  /** A place, exactly. */
  place(place: number): string;
  value(value: number): string;
  /** A place and the value of each line there, in one sentence. */
  reading(place: number, lines: readonly Line[]): string;
}

const DAY = 86_400;
/** Lines that one sentence tells of. */
const READ = 8;

/** @param shown the part of the axis that is shown: over days, a time of day would be noise. */
export function useAxisFormat(axis: XAxis, shown: Range | undefined): AxisFormat {
  const text = useText();
  const format = useFormat();
  const { language } = useLanguage();
  const isLong = shown !== undefined && shown[1] - shown[0] > 2 * DAY;
  return useMemo(() => {
    const name =
      axis.kind === "metric"
        ? axis.key
        : { step: text.run.step, relative: text.charts.relative, time: text.charts.time }[axis.kind];
    const short = new Intl.DateTimeFormat(
      language,
      isLong ? { day: "2-digit", month: "short" } : { hour: "2-digit", minute: "2-digit", second: "2-digit" },
    );
    const exact = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "medium" });
    const relative = (seconds: number) =>
      seconds < 0 ? `−${format.duration(-seconds * 1000)}` : seconds === 0 ? "0" : format.duration(seconds * 1000);
    const tick = (place: number) =>
      axis.kind === "time"
        ? short.format(place * 1000)
        : axis.kind === "relative"
          ? relative(place)
          : format.metric(place);
    const exactly = (place: number) => (axis.kind === "time" ? exact.format(place * 1000) : tick(place));
    const told = (line: Line, place: number) => {
      const at = nearest(line.x, place);
      return `${line.label}: ${at === undefined ? "–" : format.metric(line.y[at]!)}`;
    };
    return {
      name,
      tick,
      place: exactly,
      value: format.metric,
      reading: (place, lines) =>
        `${name} ${exactly(place)}; ${lines
          .slice(0, READ)
          .map((line) => told(line, place))
          .join("; ")}`,
    };
  }, [axis, isLong, text, format, language]);
}
