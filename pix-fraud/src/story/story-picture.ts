import { formats } from "@esteira/models/pictures/format";
import { timeSeriesPicture } from "@esteira/models/pictures/time-series";
import { DAY } from "../job/timeline.ts";
import type { Story, StoryDay, StoryEvent } from "./story.ts";

/** Days that each point is of: on one day there are few frauds. */
const ROLLING = 14;

/** Recall over time, of all frauds and of the kind that began late, with what was done when. SVG. */
export function storyPicture({ days, events, begin, late }: Story): string {
  const at = (day: number) => begin + (day + 1) * DAY;
  const first = (kind: StoryEvent["kind"]) => events.find((event) => event.kind === kind)?.day;
  const end = at(days.length - 1);
  const [lateDay, promoted] = [first("late"), first("promoted")];
  const recall = (of: (day: StoryDay) => readonly [caught: number, frauds: number]) =>
    days.map((_, i) => {
      const span = days.slice(Math.max(0, i - ROLLING + 1), i + 1).map(of);
      const frauds = span.reduce((sum, [, count]) => sum + count, 0);
      return span.reduce((sum, [caught]) => sum + caught, 0) / frauds;
    });
  const x = days.map(({ day }) => at(day));
  const all = recall(({ caught, frauds }) => [caught, frauds]);
  const [alarm, retrained] = [first("alarm"), first("retrained")];
  const mark = (day: number | undefined, text: string) =>
    day === undefined ? [] : [{ x: at(day), y: all[day] ?? 0, text }];
  // A training and its promotion are days apart: their words would lie on each other.
  const marks = [
    ...mark(alarm, `alarm, day ${alarm}`),
    ...mark(promoted, `trained day ${retrained}, in service day ${promoted}`),
  ];
  return timeSeriesPicture({
    title: "A new kind of fraud, an alarm, a new version",
    subtitle: `Share of the frauds that were alerted, of the ${ROLLING} days before, by what is known of them at last`,
    width: 860,
    height: 420,
    yTitle: "Recall",
    yDomain: [0, 1],
    format: formats("en").percent,
    series: [
      { name: "All frauds", x, y: all },
      { name: late.replaceAll("_", " "), x, y: recall(({ lateCaught, lateFrauds }) => [lateCaught, lateFrauds]) },
    ],
    spans: [
      ...(lateDay === undefined
        ? []
        : [{ from: at(lateDay), to: promoted === undefined ? end : at(promoted), text: "new kind of fraud" }]),
      ...(promoted === undefined ? [] : [{ from: at(promoted), to: end, text: "the new version answers" }]),
    ],
    marks,
  });
}
