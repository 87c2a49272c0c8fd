import { z } from "zod";
import { STEPS, type Step } from "./steps.ts";

const seconds = z
  .number()
  .positive()
  .max(3650 * 86_400);
const share = z.number().min(0).max(1);
const column = z.string().min(1);
const alias = z.string().regex(/^[\w-]{1,255}$/, "must be of letters, digits, dashes and underscores");

/** What must have been seen before a verdict, and what may not. Differences are between answers of a row, in their unit. */
const watched = {
  /** How many requests must have been compared; fewer are no evidence. */
  requests: z.int().min(1).max(1_000_000_000).default(100),
  /** Of the requests, at most so many more than of the present version may fail. */
  max_failed_share: share.default(0),
  /** The 99th percentile of the differences. */
  max_difference: z.number().min(0).optional(),
};

/** How a version goes from its registration to production. Files are those of the machine that does the work. */
export const flowSpecWire = z.strictObject({
  /** What a promoted version becomes. */
  alias: alias.default("champion"),
  /** Also moves the version through MLflow's stages: Staging, Production, and Archived for the one before. */
  stages: z.boolean().default(true),
  /** Where it is served: by whoever works on flows of that target. */
  target: z.enum(["local", "docker"]).default("local"),
  /** The version that was registered must pass it. */
  gate: z
    .strictObject({
      /** The gate's text: evidence is bound to it. */
      rules: z.string().min(1),
      data: z.string().min(1),
      training: z.string().min(1).optional(),
      threshold: z.number().optional(),
      label: column.default("label"),
      id: column.optional(),
      amount: column.optional(),
      customer: column.optional(),
      time: column.optional(),
      known_at: column.optional(),
      typology: column.optional(),
      slices: z.array(column).default([]),
    })
    .optional(),
  staging: z
    .strictObject({
      port: z.int().min(1).max(65_535).optional(),
      /** A request as a serving process takes it (JSON), whose answers must be finite; the model's input example when absent. */
      request: z.string().min(1).optional(),
    })
    .default({}),
  /** The present version's callers are answered by both, and get the answers of the present one. */
  shadow: z.strictObject(watched).optional(),
  /** Somebody must say yes to this flow, beyond what the model's policy asks for. */
  approval: z.boolean().default(false),
  production: z.strictObject({ port: z.int().min(1).max(65_535).optional() }).default({}),
  /** Answers a share of the callers before it answers all. */
  canary: z
    .strictObject({
      share: z.number().gt(0).max(1).default(0.1),
      ...watched,
      /** The 99th percentile of its seconds is at most so many times that of the present version. */
      max_slower: z.number().min(1).optional(),
    })
    .optional(),
  /** How long a step may take, in seconds. */
  timeouts: z.partialRecord(z.enum(STEPS), seconds).default({}),
});
export type FlowSpec = z.output<typeof flowSpecWire>;

const HOUR = 3600;
const DAY = 24 * HOUR;
const STANDARD_SECONDS: Readonly<Record<Step, number>> = {
  evaluate: HOUR,
  gate: HOUR,
  stage: HOUR,
  smoke: HOUR,
  shadow: DAY,
  approval: 7 * DAY,
  canary: HOUR,
  judge: DAY,
  promote: HOUR,
  archive: HOUR,
};

export const timeoutMs = ({ timeouts }: FlowSpec, step: Step): number =>
  (timeouts[step] ?? STANDARD_SECONDS[step]) * 1000;

/** The steps that this flow has, in their order. */
export const stepsOf = ({ gate, shadow, canary }: FlowSpec): readonly Step[] =>
  STEPS.filter((step) => {
    if (step === "evaluate" || step === "gate") return gate !== undefined;
    if (step === "shadow") return shadow !== undefined;
    return (step !== "canary" && step !== "judge") || canary !== undefined;
  });
