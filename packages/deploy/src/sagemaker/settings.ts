import { invalid } from "@esteira/core/errors";
import { z } from "zod";

const s3 = z
  .string()
  .regex(/^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](\/[^\s"'\\]*)?$/, "is no place in S3, as in s3://bucket/prefix");
const variable = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,1023}$/, "is no name of a variable");
/** What AWS takes in tags. */
export const TAG_TEXT = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;
const tagKey = z
  .string()
  .max(128)
  .regex(
    /^(?!aws:|esteira:)[\p{L}\p{Z}\p{N}_.:/=+\-@]+$/u,
    "is no key of a tag: letters, digits and _.:/=+-@, not of aws: or esteira:",
  );
const count = z.int().min(0).max(1000);

/** How SageMaker runs a deployment. */
export const settingsWire = z.strictObject({
  /** The role that SageMaker takes to get the image and the model. */
  role: z
    .string({ error: "is needed: name the role that SageMaker takes (--role arn:aws:iam::ACCOUNT:role/NAME)" })
    .regex(
      /^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]{1,512}$/,
      "is no role, as in arn:aws:iam::123456789012:role/NAME",
    ),
  /** `async` answers into S3. */
  mode: z.enum(["realtime", "serverless", "async"]),
  instanceType: z.string().regex(/^ml\.[a-z0-9-]+\.[a-z0-9-]+$/, "is no type of instance, as in ml.m5.large"),
  /** The fewest, where they are scaled. */
  instances: count,
  /** The most instances. As many as `instances`, and nothing scales them. */
  maxInstances: count.optional(),
  /** Requests a minute and instance at which there are more; requests that wait for an instance, where `mode` is async. */
  scaleTarget: z.number().positive(),
  /** Of a serverless endpoint, in MB. */
  memory: z.literal([1024, 2048, 3072, 4096, 5120, 6144], "must be 1024, 2048, 3072, 4096, 5120 or 6144"),
  /** Requests at once: of a serverless endpoint, or of an instance where `mode` is async. */
  concurrency: z.int().min(1).max(1000),
  /** Where an asynchronous endpoint puts its answers, and what it could not answer. */
  asyncOutput: s3.optional(),
  asyncFailures: s3.optional(),
  /** Where requests and answers are recorded, and which share of them, in percent. */
  captureTo: s3.optional(),
  capturePercent: z.int().min(0).max(100),
  /** Variables of the scorer. They can be read by who may describe models. */
  env: z.record(variable, z.string().max(1024)),
  /** Of all that is made. */
  tags: z.record(tagKey, z.string().max(256).regex(TAG_TEXT, "has characters that AWS takes in no tag")),
  /** How callers are led to new instances: at once, a part of them first, or step by step. */
  strategy: z.enum(["all-at-once", "canary", "linear"]),
  /** Of the capacity, in percent: the canary's part, or a step. */
  stepPercent: z.int().min(1).max(50),
  /** Between two steps, and before the old instances end. */
  stepSeconds: z.int().min(0).max(3600),
  keepSeconds: z.int().min(0).max(3600),
  /** Alarms of CloudWatch that undo a change. */
  alarms: z.array(z.string().min(1).max(255)).max(10),
  /** Until a container must answer. */
  startupSeconds: z.int().min(60).max(3600),
  /** Lets containers open connections; without, they only answer. */
  egress: z.boolean(),
  subnets: z.array(z.string().regex(/^[-0-9a-zA-Z]{1,32}$/, "is no subnet")).max(16),
  securityGroups: z.array(z.string().regex(/^[-0-9a-zA-Z]{1,32}$/, "is no security group")).max(5),
  /** Encrypts the disks of instances. */
  kmsKey: z
    .string()
    .max(2048)
    .regex(/^[a-zA-Z0-9:/_-]+$/, "is no key of KMS")
    .optional(),
  /** How long a change may take. */
  deadlineSeconds: z.int().min(60).max(28_800),
});
export type Settings = z.output<typeof settingsWire>;
/** What somebody says of them. */
export type SaidSettings = { readonly [K in keyof Settings]?: Settings[K] | undefined };

export const DEFAULTS = {
  ...{ mode: "realtime", instanceType: "ml.m5.large", instances: 1, scaleTarget: 1000, memory: 2048, concurrency: 5 },
  ...{ capturePercent: 100, env: {}, tags: {}, strategy: "all-at-once", stepPercent: 10, stepSeconds: 300 },
  ...{ keepSeconds: 60, alarms: [], startupSeconds: 300, egress: false, subnets: [], securityGroups: [] },
  deadlineSeconds: 3600,
} as const;

/**
 * What is said now, over what was said before, over what is usual. A setting that is the empty text is none.
 *
 * @throws EsteiraError INVALID_PARAMETER_VALUE with the setting that is wrong.
 */
export function mergeSettings(before: Settings | undefined, now: SaidSettings): Settings {
  const said = Object.entries(now).filter(([, value]) => value !== undefined);
  const merged = Object.entries({ ...DEFAULTS, ...before, ...Object.fromEntries(said) });
  const { data, error } = settingsWire.safeParse(Object.fromEntries(merged.filter(([, value]) => value !== "")));
  if (data === undefined) {
    const issue = error.issues[0];
    const why = (issue?.code === "invalid_key" ? issue.issues[0]?.message : issue?.message) ?? "is not understood";
    throw invalid(`The setting ${issue?.path.join(".") || "of the deployment"} ${why}.`);
  }
  const refuse = (why: string) => invalid(`A ${data.mode} endpoint ${why}.`);
  if (data.maxInstances !== undefined && data.maxInstances < data.instances)
    throw invalid(`At most ${data.maxInstances} instances are less than the fewest, ${data.instances}: say both.`);
  if (data.mode !== "async" && data.instances < 1) throw refuse("has one instance at the least");
  if (data.mode === "async" && data.asyncOutput === undefined) {
    throw invalid("An async endpoint puts its answers into S3: say where (--async-output s3://bucket/prefix).");
  }
  if (data.mode !== "async" && (data.asyncOutput ?? data.asyncFailures) !== undefined)
    throw refuse("answers its callers: leave asyncOutput away, or say --mode async");
  if (data.mode === "serverless") {
    if (data.captureTo !== undefined) throw refuse("cannot record requests: leave captureTo away");
    if (data.subnets.length + data.securityGroups.length > 0)
      throw refuse("has no network of yours: leave subnets away");
    if (data.maxInstances !== undefined) throw refuse("has no instances: leave maxInstances away");
    if (data.concurrency > 200) throw refuse("answers 200 requests at once at the most");
  }
  if (data.subnets.length > 0 !== data.securityGroups.length > 0)
    throw invalid("A network is of subnets and security groups: say both.");
  if (data.strategy === "linear" && data.stepPercent < 10)
    throw invalid(`A step of ${data.stepPercent} % is too small: linear steps are of 10 to 50 %.`);
  return data;
}

export const isScaled = ({ mode, instances, maxInstances }: Settings): boolean =>
  mode !== "serverless" && (maxInstances ?? instances) > instances;
