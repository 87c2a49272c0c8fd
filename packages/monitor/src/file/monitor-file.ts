import { z } from "zod";
import { duration } from "./duration.ts";
import { receiverSchema } from "./receiver.ts";
import { retrainSchema } from "./retrain.ts";
import { ruleSchema, SEVERITIES, slug } from "./rule.ts";
import { silenceSchema } from "./silence.ts";

const route = z.strictObject({
  severity: z.array(z.enum(SEVERITIES)).min(1).optional().describe("Only of these; all when absent."),
  owner: z.array(slug).min(1).optional().describe("Only of these owners; all when absent."),
  to: z.array(slug).min(1).describe("Names of receivers."),
  repeat: duration.optional().describe("While it goes on it is said again after so long; 4h when absent."),
});

const instant = z.iso
  .datetime({ offset: true, error: "an instant with its offset was expected, for example 2026-02-01T00:00:00-03:00" })
  .transform((text) => Date.parse(text));

const reference = z.union(
  [
    z.strictObject({ file: z.string().min(1).describe("A Parquet file of rows, as the model was accepted on.") }),
    z.strictObject({ before: duration }).describe("The decisions of so long before the report's window."),
    z.strictObject({ from: instant, to: instant }).describe("A span of the ledger itself."),
  ],
  {
    error:
      "a reference is { file: reference.parquet }, { before: 28d }, or { from: ..., to: ... }, the last two of the ledger itself",
  },
);

const timeZone = z.string().refine(
  (name) => {
    try {
      return new Intl.DateTimeFormat("en", { timeZone: name }) !== undefined;
    } catch {
      return false;
    }
  },
  { error: "there is no such time zone; expected a name such as America/Sao_Paulo" },
);

export const monitorSchema = z.strictObject({
  version: z.literal(1).describe("Of this format."),
  model: z.string().min(1).describe("The registered model that is watched."),
  ledger: z.string().min(1).describe("The folder of the ledger: decisions, and what became known of them."),
  decisions: z
    .string()
    .min(1)
    .optional()
    .describe(
      "Where servers keep their sealed decisions: collected into the ledger at each look. Without it someone else collects.",
    ),
  amount: z.string().min(1).optional().describe("The feature that holds a transfer's money, in the currency's unit."),
  reference,
  budget: z.strictObject({
    share: z.number().gt(0).max(1).describe("Share of the decisions that may be alerted."),
    perDay: z.int().positive().optional().describe("Alerts that the analysts can work in a day."),
  }),
  costs: z
    .strictObject({
      recovery: z.number().min(0).max(1).describe("Share of a lost amount that comes back."),
      margin: z
        .number()
        .min(0)
        .max(1)
        .describe("Margin lost on an honest transfer that is refused, as a share of its amount."),
      falseAlert: z.number().min(0).describe("Contact and churn for each honest customer refused, in money."),
      alert: z.number().min(0).describe("Analyst's time for each alert, in money."),
    })
    .optional()
    .describe("What decisions cost: for 'esteira monitor threshold'."),
  latencyTargetMs: z.number().positive().optional().describe("An answer that takes more milliseconds is slow."),
  services: z
    .array(z.url({ protocol: /^https?$/, error: "the address of a scoring server's /metrics was expected" }))
    .min(1)
    .optional()
    .describe("The /metrics of scoring servers: for error_share and decisions_unrecorded."),
  every: duration.optional().describe("How often the monitor looks; 5m when absent."),
  report: z
    .strictObject({
      every: duration.optional().describe("How often the report is made anew; 1h when absent."),
      window: duration.optional().describe("The decisions that it is of; 28d when absent."),
      maturityDays: z.int().positive().optional().describe("Days after which a label counts as known for good."),
    })
    .default({}),
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/, "a currency has three capital letters, for example BRL")
    .default("BRL"),
  timezone: timeZone.default("America/Sao_Paulo").describe("Of weekly silences and of the times in messages."),
  language: z.enum(["en", "pt-BR"]).default("en").describe("Of messages to people."),
  link: z.url({ protocol: /^https?$/, error: "a link is an http or https address" }).optional(),
  retrain: retrainSchema.optional().describe("What trains the model anew, and when: 'esteira monitor retrain'."),
  rules: z.array(ruleSchema).min(1),
  receivers: z.record(slug, receiverSchema).default({}),
  routes: z.array(route).default([]),
  silences: z.array(silenceSchema).default([]),
});

export type MonitorFile = z.output<typeof monitorSchema>;
export type Route = MonitorFile["routes"][number];

const HOUR = 3_600_000;

/** What holds where the file does not say otherwise, milliseconds. */
export const DEFAULTS = {
  every: 300_000,
  reportEvery: HOUR,
  reportWindow: 28 * 24 * HOUR,
  repeat: 4 * HOUR,
  noData: HOUR,
  cooldown: 24 * HOUR,
} as const;

/** The JSON Schema of `monitor.yaml`, for editors: what a person writes, defaults not yet filled in. */
export function monitorJsonSchema(): Record<string, unknown> {
  return {
    ...z.toJSONSchema(monitorSchema, { io: "input", target: "draft-2020-12" }),
    title: "Esteira monitor",
    description: "What is watched of a model in production, what alerts whom, and when nobody is told.",
  };
}
