import type { TimelineAction, TimelineEntry } from "@esteira/core/timeline/entry";
import { isObject, type Json, type JsonObject, own } from "@esteira/core/timeline/json";

export const FILTERS = ["all", "promotions", "approvals", "refusals", "flows", "other"] as const;
export type TimelineFilter = (typeof FILTERS)[number];
/** How loud an entry is: `alarm` for what set the rules aside or went round them. */
export type Tone = "alarm" | "bad" | "good" | "accent" | "plain";

const KINDS: readonly (readonly [RegExp, Exclude<TimelineFilter, "all">])[] = [
  [/^(alias|version\.staged)/, "promotions"],
  [/^(evidence|approval)\./, "approvals"],
  [/^(promotion\.refused|policy\.broken|.*changed-outside)$/, "refusals"],
  [/^flow\./, "flows"],
];

export const kindOf = (action: TimelineAction): TimelineFilter =>
  KINDS.find(([pattern]) => pattern.test(action))?.[1] ?? "other";

export const filtered = (entries: readonly TimelineEntry[], filter: TimelineFilter): readonly TimelineEntry[] =>
  filter === "all" ? entries : entries.filter(({ action }) => kindOf(action) === filter);

/** A change that a policy would have forbidden carries the reason for which it was set aside. */
export const isUnderBrokenGlass = ({ action, reason }: TimelineEntry): boolean =>
  (action === "alias.set" || action === "version.staged") && reason !== undefined;

export function toneOf(entry: TimelineEntry): Tone {
  const { action } = entry;
  if (/changed-outside$/.test(action) || action === "policy.broken" || isUnderBrokenGlass(entry)) return "alarm";
  if (action === "promotion.refused" || action === "approval.lapsed" || /deleted$|removed$/.test(action)) return "bad";
  if (/^(approval|evidence)\./.test(action) || action === "flow.approved") return "good";
  return /^(alias|version\.staged)/.test(action) ? "accent" : "plain";
}

/** What an entry changed, in so far as it is short: where it leads from and to. */
export interface Change {
  readonly what: string;
  readonly from: string | undefined;
  readonly to: string | undefined;
}

export function changesOf({ before, after, action }: TimelineEntry): readonly Change[] {
  if (before === null || after === null || /^(policy|trust|flow)\./.test(action)) return [];
  return differences(before, after, "").slice(0, MOST_CHANGES);
}

const MOST_CHANGES = 8;

function differences(before: JsonObject, after: JsonObject, path: string): readonly Change[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((key) => {
    const [from, to] = [own(before, key), own(after, key)];
    const what = path === "" ? key : `${path}.${key}`;
    if (isObject(from) || isObject(to)) {
      return differences(isObject(from) ? from : {}, isObject(to) ? to : {}, what);
    }
    const change = { what: plainName(what), from: textOf(from), to: textOf(to) };
    return change.from === change.to ? [] : [change];
  });
}

/** `aliases.champion` is `@champion`, and the number of the version is said already. */
const plainName = (path: string): string =>
  path
    .replace(/^aliases\./, "@")
    .replace(/^versions\.\d+\./, "")
    .replace(/^(tags)\./, "");

const textOf = (value: Json | undefined): string | undefined =>
  value === undefined || value === null || value === ""
    ? undefined
    : typeof value === "string"
      ? value
      : JSON.stringify(value);

/** Days, newest first, as [first instant of the day's newest entry, entries]. `dayOf` names the day of an instant. */
export function byDay(
  entries: readonly TimelineEntry[],
  dayOf: (ms: number) => string,
): readonly (readonly [string, readonly TimelineEntry[]])[] {
  const days = new Map<string, TimelineEntry[]>();
  for (const entry of entries) {
    const day = dayOf(entry.at);
    const list = days.get(day) ?? [];
    list.push(entry);
    days.set(day, list);
  }
  return [...days];
}
