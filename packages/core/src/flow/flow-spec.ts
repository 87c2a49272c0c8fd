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
  /**
   * With it a version is refused for its failures as soon as they are sure to this degree, whenever one looks, and a verdict that passes says
   * whether it is shown that no more fail than may, or that nothing speaks against it. Without it the share is compared as it is counted.
   */
  confidence: z.number().min(0.5).max(0.9999).optional(),
  /** The 99th percentile of the differences. */
  max_difference: z.number().min(0).optional(),
  /** Scores from here on are alerts. */
  threshold: z.number().optional(),
  /** Of the rows, so many at most are an alert to one of the two versions alone. */
  max_disagreement: share.optional(),
  /** The share of alerts differs by so much at most. */
  max_alert_change: share.optional(),
  /** The distance between the distributions of the scores (Kolmogorov-Smirnov; 0.1 is customary). */
  max_drift: share.optional(),
};

/** What is said of alerts needs to know what one is. */
const hasThreshold = (limits: {
  readonly threshold?: number | undefined;
  readonly max_disagreement?: number | undefined;
  readonly max_alert_change?: number | undefined;
}): boolean =>
  limits.threshold !== undefined || (limits.max_disagreement === undefined && limits.max_alert_change === undefined);
const NO_THRESHOLD = "max_disagreement and max_alert_change need the threshold from which scores are alerts";

/** Of a flow, each by itself. */
export const flowFields = z.strictObject({
  /** What a promoted version becomes. */
  alias: alias.default("champion"),
  /** Also moves the version through MLflow's stages: Staging, Production, and Archived for the one before. */
  stages: z.boolean().default(true),
  /** Where it is served: by whoever works on flows of that target. */
  target: z.enum(["local", "docker", "kubernetes", "sagemaker"]).default("local"),
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
  shadow: z.strictObject(watched).refine(hasThreshold, NO_THRESHOLD).optional(),
  /** Somebody must say yes to this flow, beyond what the model's policy asks for. */
  approval: z.boolean().default(false),
  production: z.strictObject({ port: z.int().min(1).max(65_535).optional() }).default({}),
  /** Answers a share of the callers before it answers all. */
  canary: z
    .strictObject({
      share: z.number().gt(0).max(1).default(0.1),
      /** The shares after the first, each larger than the one before; each is judged like the first. */
      steps: z.array(z.number().gt(0).max(1)).max(20).default([]),
      /** How long each share is watched at the least, in seconds. */
      dwell_seconds: z
        .number()
        .min(0)
        .max(30 * 86_400)
        .default(0),
      ...watched,
      /** The 99th percentile of its seconds is at most so many times that of the present version. */
      max_slower: z.number().min(1).optional(),
    })
    .refine(hasThreshold, NO_THRESHOLD)
    .refine(
      ({ share: first, steps }) => steps.every((step, i) => step > (steps[i - 1] ?? first)),
      "each of the steps must be larger than the share before it",
    )
    .optional(),
  /** How long a step may take, in seconds. */
  timeouts: z.partialRecord(z.enum(STEPS), seconds).default({}),
});
type Fields = z.output<typeof flowFields>;

const COMPARED = ["max_difference", "threshold", "max_disagreement", "max_alert_change", "max_drift"] as const;

/** Whether a target compares what two versions answer to a request: SageMaker drops what a shadow answers, and has none beside a canary. */
export const comparesAnswers = ({ target }: Pick<Fields, "target">): boolean => target !== "sagemaker";

/** What the target cannot do: said when a flow is set, not when its first version is half way. */
export function targetFaults({
  target,
  ...fields
}: Pick<Fields, "target" | "shadow" | "canary" | "staging" | "production">): readonly {
  readonly path: string[];
  readonly message: string;
}[] {
  if (target !== "sagemaker") return [];
  const limits = COMPARED.filter((limit) => fields.canary?.[limit] !== undefined);
  const ports = (["staging", "production"] as const).filter((place) => fields[place].port !== undefined);
  const dropped = "cannot be judged on SageMaker, which drops what a shadow answers: use a canary";
  const uncompared = "cannot be judged on SageMaker, where nothing compares the answers of two versions";
  return [
    ...(fields.shadow === undefined ? [] : [{ path: ["shadow"], message: dropped }]),
    ...limits.map((limit) => ({ path: ["canary", limit], message: uncompared })),
    ...ports.map((place) => ({ path: [place, "port"], message: "is nothing that an endpoint of SageMaker has" })),
  ];
}

/** How a version goes from its registration to production. Files are those of the machine that does the work. */
export const flowSpecWire = flowFields.superRefine((fields, { addIssue }) => {
  for (const fault of targetFaults(fields)) addIssue({ code: "custom", ...fault });
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
