import { type Frame, MISSING, type Values } from "./frame.ts";
import { START_COLUMN } from "./grouping.ts";

const END_COLUMN = "attributes.end_time";
const DURATION_COLUMN = "attributes.duration";
const frames = new WeakMap<Frame, Frame>();

/** Columns under names of their own that are tags on the server. */
export const TAG_ATTRIBUTES: Readonly<Record<string, string>> = {
  "attributes.source": "tags.mlflow.source.name",
  "attributes.git_commit": "tags.mlflow.source.git.commit",
};

/** The frame with the columns that are made of others: how long runs took, where they came from. */
export function derived(frame: Frame): Frame {
  let known = frames.get(frame);
  if (known === undefined) {
    const columns = new Map<string, Values>(frame.columns);
    const partial = new Set(frame.partial);
    for (const [attribute, tag] of Object.entries(TAG_ATTRIBUTES)) {
      const values = frame.columns.get(tag);
      if (values !== undefined) columns.set(attribute, values);
      if (frame.partial.has(tag)) partial.add(attribute);
    }
    const duration = durations(frame);
    if (duration !== undefined) columns.set(DURATION_COLUMN, duration);
    if (frame.partial.has(END_COLUMN) || frame.partial.has(START_COLUMN)) partial.add(DURATION_COLUMN);
    known = { ...frame, columns, partial };
    frames.set(frame, known);
  }
  return known;
}

const made = new WeakMap<Values, { start: Values; duration: Values }>();

/** From start to end of the runs that have ended. */
function durations(frame: Frame): Values | undefined {
  const start = frame.columns.get(START_COLUMN);
  const end = frame.columns.get(END_COLUMN);
  if (start?.kind !== "number" || end?.kind !== "number") return undefined;
  const known = made.get(end);
  if (known?.start === start) return known.duration;
  const values = end.values.map((ended, row) => ended - (start.values[row] ?? MISSING));
  const duration: Values = { kind: "number", values };
  made.set(end, { start, duration });
  return duration;
}
