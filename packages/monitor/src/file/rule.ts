import { z } from "zod";
import { SIGNAL_NAMES } from "../signals/catalogue.ts";
import { duration } from "./duration.ts";

export const SEVERITIES = ["info", "watch", "act", "page"] as const;
export type Severity = (typeof SEVERITIES)[number];

export const slug = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, "a name is small letters, digits, - and _, for example late-typology");

/** Both windows of a pair must burn: the long one says that it is real, the short one that it is still so. */
const burnPair = z.strictObject({
  long: duration.describe("The window that must have burnt too much."),
  short: duration.describe("The window that must still burn: so the alert ends soon after its cause."),
  factor: z.number().positive().describe("How many times the budget is too much."),
});

const burn = z.strictObject({
  budget: z.number().gt(0).lt(1).describe("The share that is agreed to be bad. A burn of 1 uses it up exactly."),
  fast: burnPair.optional().describe("Quick and large: for example 1h and 5m at 14.4 times the budget."),
  slow: burnPair.optional().describe("Slow and steady: for example 6h and 30m at 6 times the budget."),
});

const label = z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]);

export const ruleSchema = z.strictObject({
  name: slug.describe("What the alert is called."),
  signal: z.enum(SIGNAL_NAMES, { error: (issue) => unknownSignal(issue.input) }).describe("What the rule looks at."),
  where: z
    .strictObject({
      version: label.optional(),
      arm: label.optional(),
      feature: label.optional(),
      typology: label.optional(),
    })
    .default({})
    .describe("Of which features, typologies, versions or arms; a name, a list, or * for each."),
  above: z.number().optional().describe("Fires when the value is above."),
  below: z.number().optional().describe("Fires when the value is below."),
  resolve: z
    .number()
    .optional()
    .describe("Ends only when the value is back at this one, so that an alert does not flap."),
  burn: burn.optional().describe("Fires when a budget is used up too fast, over two windows at once."),
  window: duration.optional().describe("Of how many recent decisions the value is: for signals of a window."),
  for: duration.optional().describe("Fires only when it has held for so long."),
  keepFor: duration.optional().describe("Ends only when it has been over for so long."),
  noData: z
    .union([z.literal("ignore"), z.strictObject({ after: duration })], {
      error: "noData is ignore, or { after: 1h }: how long the signal may be missing",
    })
    .optional()
    .describe("What a missing signal means. Without it, one that must be there may be missing for an hour."),
  severity: z.enum(SEVERITIES).describe("How loud: info, watch, act, page."),
  owner: slug.optional().describe("Who takes care of it: routes can ask for it."),
  runbook: z.url({ protocol: /^https?$/, error: "a runbook is an http or https address" }).optional(),
});

export type Rule = z.output<typeof ruleSchema>;

function unknownSignal(given: unknown): string {
  const named = typeof given === "string" ? `there is no signal ${given}` : "a rule needs a signal";
  return `${named}; known signals are ${SIGNAL_NAMES.join(", ")}`;
}
