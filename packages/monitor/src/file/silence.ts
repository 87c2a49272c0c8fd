import { z } from "zod";
import { slug } from "./rule.ts";

const instant = z.iso
  .datetime({ offset: true, error: "an instant with its offset was expected, for example 2026-02-14T08:00:00-03:00" })
  .transform((text) => Date.parse(text));

export const WEEKDAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] as const;

const clock = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, "a time of day was expected, for example 22:30");

/** A time in which alerts are kept but nobody is told: once, or every week. */
export const silenceSchema = z
  .strictObject({
    rules: z.array(slug).min(1).optional().describe("The rules that it silences; all when absent."),
    reason: z.string().min(1, "say why, for those who will ask").describe("Why: shown wherever it silences something."),
    from: instant.optional(),
    to: instant.optional(),
    weekly: z
      .strictObject({
        days: z.array(z.enum(WEEKDAYS)).min(1),
        from: clock,
        to: clock.describe("Before or at from: on the next day."),
      })
      .optional()
      .describe("In the file's timezone, on the days on which it begins."),
  })
  .superRefine(({ from, to, weekly }, context) => {
    const refuse = (field: string, message: string) => context.addIssue({ code: "custom", path: [field], message });
    if (weekly === undefined && (from === undefined || to === undefined))
      refuse("reason", "say when: from and to, or weekly");
    if (weekly !== undefined && (from !== undefined || to !== undefined))
      refuse("weekly", "a silence is from one instant to another or weekly; make two of it");
    if (from !== undefined && to !== undefined && from >= to) refuse("to", "to must come after from");
  });

export type Silence = z.output<typeof silenceSchema>;
