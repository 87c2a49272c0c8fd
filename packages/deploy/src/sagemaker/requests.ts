/** What AWS is given for a revision, as data. Models are called by what they are: equal ones are one. */

import type {
  CreateEndpointConfigCommandInput,
  CreateModelCommandInput,
  DeploymentConfig,
  ProductionVariant,
  Tag,
} from "@aws-sdk/client-sagemaker";
import { fingerprint, type Revision } from "./revision.ts";
import type { Settings } from "./settings.ts";

export const VARIANTS = ["primary", "canary", "shadow"] as const;
export type VariantName = (typeof VARIANTS)[number];

export interface Requests {
  readonly models: readonly (CreateModelCommandInput & { readonly ModelName: string })[];
  readonly config: CreateEndpointConfigCommandInput & { readonly EndpointConfigName: string };
  /** How callers are led from the former instances to the new ones; undefined where AWS is left to its own. */
  readonly guardrails: DeploymentConfig | undefined;
}

export const configName = (name: string, generation: number): string => `${name}-esteira-g${generation}`;
export const generationOf = (name: string, config: string): number | undefined => {
  const prefix = `${name}-esteira-g`;
  const digits = config.startsWith(prefix) ? config.slice(prefix.length) : "";
  return /^\d{1,9}$/.test(digits) ? Number(digits) : undefined;
};
export const isModelName = (name: string, model: string): boolean =>
  model.startsWith(`${name}-esteira-m`) && /^[0-9a-f]{12}$/.test(model.slice(`${name}-esteira-m`.length));

/** @param stateTags what is remembered of the revision with its configuration */
export function requestsOf(revision: Revision, generation: number, stateTags: readonly Tag[]): Requests {
  const { wanted, settings, parts } = revision;
  const { name, canary, shadow } = wanted;
  const tags: Tag[] = [...ownTags(name), ...Object.entries(settings.tags).map(([Key, Value]) => ({ Key, Value }))];
  const model = (image: string, data: string | undefined) => modelRequest(name, image, data, settings, tags);
  const primary = model(wanted.image ?? "", parts.primary);
  const second = canary === undefined ? undefined : model(canary.image ?? "", parts.canary);
  const third = shadow === undefined ? undefined : model(wanted.shadowImage ?? "", parts.shadow);
  const share = canary?.share ?? 0;
  return {
    models: [
      ...new Map(
        [primary, second, third].filter((one) => one !== undefined).map((one) => [one.ModelName, one]),
      ).values(),
    ],
    config: {
      EndpointConfigName: configName(name, generation),
      ProductionVariants: [
        variant("primary", primary.ModelName, rounded(1 - share), settings),
        ...(second === undefined ? [] : [variant("canary", second.ModelName, share, settings)]),
      ],
      ...(third === undefined ? {} : { ShadowProductionVariants: [variant("shadow", third.ModelName, 1, settings)] }),
      ...(settings.captureTo === undefined ? {} : { DataCaptureConfig: capture(settings, settings.captureTo) }),
      ...(settings.mode === "async" ? { AsyncInferenceConfig: asynchronous(settings) } : {}),
      ...(settings.kmsKey === undefined || settings.mode === "serverless" ? {} : { KmsKeyId: settings.kmsKey }),
      Tags: [...tags, ...stateTags],
    },
    guardrails: guardrailsOf(settings),
  };
}

/** Who made it; of everything that is made. */
export const ownTags = (name: string): readonly Tag[] => [
  { Key: "esteira:deployment", Value: name },
  { Key: "esteira:made-by", Value: "esteira" },
];

/** Shares are of a millionth at the finest. */
export const rounded = (share: number): number => Math.round(share * 1e6) / 1e6;

function modelRequest(
  name: string,
  image: string,
  data: string | undefined,
  { role, env, egress, subnets, securityGroups, mode }: Settings,
  Tags: Tag[],
): CreateModelCommandInput & { readonly ModelName: string } {
  const request = {
    ExecutionRoleArn: role,
    PrimaryContainer: {
      Image: image,
      Environment: Object.fromEntries(Object.entries(env).sort(([a], [b]) => (a < b ? -1 : 1))),
      ...(data === undefined ? {} : { ModelDataSource: { S3DataSource: s3Source(data) } }),
    },
    // A serverless endpoint knows no isolation.
    ...(egress || mode === "serverless" ? {} : { EnableNetworkIsolation: true }),
    ...(subnets.length === 0 ? {} : { VpcConfig: { Subnets: [...subnets], SecurityGroupIds: [...securityGroups] } }),
  };
  return { ModelName: `${name}-esteira-m${fingerprint(request)}`, ...request, Tags };
}

const s3Source = (place: string) => {
  const isArchive = /\.tar\.gz$/.test(place);
  return {
    S3Uri: isArchive || place.endsWith("/") ? place : `${place}/`,
    S3DataType: isArchive ? "S3Object" : "S3Prefix",
    CompressionType: isArchive ? "Gzip" : "None",
  } as const;
};

function variant(name: VariantName, model: string, weight: number, settings: Settings): ProductionVariant {
  const common = { VariantName: name, ModelName: model, InitialVariantWeight: weight };
  if (settings.mode === "serverless")
    return { ...common, ServerlessConfig: { MemorySizeInMB: settings.memory, MaxConcurrency: settings.concurrency } };
  return {
    ...common,
    InstanceType: instanceTypeOf(settings.instanceType),
    // An async endpoint is scaled down to nothing, and begins with one.
    InitialInstanceCount: Math.max(1, settings.instances),
    ContainerStartupHealthCheckTimeoutInSeconds: settings.startupSeconds,
  };
}

/** Which types there are is AWS's to say: the SDK's list is older than some of them. */
const instanceTypeOf = (type: string) => type as NonNullable<ProductionVariant["InstanceType"]>;

const capture = ({ capturePercent }: Settings, to: string) => ({
  EnableCapture: true,
  InitialSamplingPercentage: capturePercent,
  DestinationS3Uri: to,
  CaptureOptions: [{ CaptureMode: "Input" as const }, { CaptureMode: "Output" as const }],
  CaptureContentTypeHeader: { JsonContentTypes: ["application/json"], CsvContentTypes: ["text/csv"] },
});

const asynchronous = ({ asyncOutput, asyncFailures, concurrency }: Settings) => ({
  ClientConfig: { MaxConcurrentInvocationsPerInstance: concurrency },
  OutputConfig: { S3OutputPath: asyncOutput, ...(asyncFailures === undefined ? {} : { S3FailurePath: asyncFailures }) },
});

function guardrailsOf(settings: Settings): DeploymentConfig | undefined {
  const { strategy, stepPercent, stepSeconds, keepSeconds, alarms, deadlineSeconds } = settings;
  if (strategy === "all-at-once" && alarms.length === 0) return undefined;
  const size = { Type: "CAPACITY_PERCENT" as const, Value: stepPercent };
  return {
    BlueGreenUpdatePolicy: {
      TrafficRoutingConfiguration:
        strategy === "canary"
          ? { Type: "CANARY", CanarySize: size, WaitIntervalInSeconds: stepSeconds }
          : strategy === "linear"
            ? { Type: "LINEAR", LinearStepSize: size, WaitIntervalInSeconds: stepSeconds }
            : { Type: "ALL_AT_ONCE", WaitIntervalInSeconds: stepSeconds },
      TerminationWaitInSeconds: keepSeconds,
      MaximumExecutionTimeoutInSeconds: Math.min(28_800, Math.max(600, deadlineSeconds)),
    },
    ...(alarms.length === 0
      ? {}
      : { AutoRollbackConfiguration: { Alarms: alarms.map((AlarmName) => ({ AlarmName })) } }),
  };
}
