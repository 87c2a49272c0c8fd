import { NO_HASH, type TimelineEntry } from "@esteira/core/timeline/entry";

/** An entry of the timeline of the model `fraud`. */
export const entryOf = (part: Partial<TimelineEntry> = {}): TimelineEntry => ({
  format: 1,
  sequence: 1,
  at: 0,
  actor: { name: "ana", origin: "password" },
  action: "alias.set",
  subject: { model: "fraud" },
  before: {},
  after: {},
  previous: NO_HASH,
  ...part,
});
