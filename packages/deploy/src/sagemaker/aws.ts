/** AWS's own SDK, which is no dependency: who deploys to SageMaker installs it. Keys, profiles, roles and retries are its. */

import type { ApplicationAutoScaling } from "@aws-sdk/client-application-auto-scaling";
import type { CloudWatch } from "@aws-sdk/client-cloudwatch";
import type { CloudWatchLogs } from "@aws-sdk/client-cloudwatch-logs";
import type { ECR } from "@aws-sdk/client-ecr";
import type { SageMaker } from "@aws-sdk/client-sagemaker";
import type { SageMakerRuntime } from "@aws-sdk/client-sagemaker-runtime";
import { invalid } from "@esteira/core/errors";
import { isLoopback } from "../registry/reference.ts";

/** Those that run on Node 20: later ones want a later Node. */
const VERSIONS = {
  "client-sagemaker": "3.1142.0",
  "client-sagemaker-runtime": "3.1164.0",
  "client-application-auto-scaling": "3.1141.0",
  "client-cloudwatch": "3.1164.0",
  "client-cloudwatch-logs": "3.1169.0",
  "client-ecr": "3.1169.0",
} as const;

export interface AwsOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** As in eu-west-1; where the environment or the profile says it, when it is absent. */
  readonly region?: string | undefined;
  readonly profile?: string | undefined;
  /** Of another server that speaks as AWS does. */
  readonly endpoint?: string | undefined;
}

/** Clients that are made when they are first used. */
export interface Aws {
  sagemaker(): Promise<SageMaker>;
  runtime(): Promise<SageMakerRuntime>;
  scaling(): Promise<ApplicationAutoScaling>;
  metrics(): Promise<CloudWatch>;
  logs(): Promise<CloudWatchLogs>;
  ecr(): Promise<ECR>;
  region(): Promise<string>;
  close(): void;
}

const ATTEMPTS = 8;

/** @throws EsteiraError INVALID_PARAMETER_VALUE for a region or an address that cannot be. */
export function openAws(options: AwsOptions): Aws {
  const { env, region, profile } = options;
  const endpoint = options.endpoint ?? (env.AWS_ENDPOINT_URL || undefined);
  if (endpoint !== undefined) checkEndpoint(endpoint);
  const shownRegion = region ?? (env.AWS_REGION || env.AWS_DEFAULT_REGION || undefined);
  if (shownRegion !== undefined && !/^[a-z]{2}(-[a-z0-9]+)+-\d$/.test(shownRegion))
    throw invalid(`'${shownRegion.slice(0, 100)}' is no region of AWS, as in eu-west-1.`);
  // The versions are pinned; that later ones want a later Node is no news to who deploys.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";
  const settings = {
    maxAttempts: ATTEMPTS,
    ...(shownRegion === undefined ? {} : { region: shownRegion }),
    ...(profile === undefined ? {} : { profile }),
    ...(endpoint === undefined ? {} : { endpoint }),
  };
  const made: { destroy(): void }[] = [];
  const once = <T extends { destroy(): void }>(make: () => Promise<T>): (() => Promise<T>) => {
    let client: Promise<T> | undefined;
    return () => {
      client ??= make()
        .then((one) => {
          made.push(one);
          return one;
        })
        .catch(notInstalled);
      return client;
    };
  };
  const sagemaker = once(async () => new (await import("@aws-sdk/client-sagemaker")).SageMaker(settings));
  return {
    sagemaker,
    runtime: once(async () => new (await import("@aws-sdk/client-sagemaker-runtime")).SageMakerRuntime(settings)),
    scaling: once(
      async () => new (await import("@aws-sdk/client-application-auto-scaling")).ApplicationAutoScaling(settings),
    ),
    metrics: once(async () => new (await import("@aws-sdk/client-cloudwatch")).CloudWatch(settings)),
    logs: once(async () => new (await import("@aws-sdk/client-cloudwatch-logs")).CloudWatchLogs(settings)),
    ecr: once(async () => new (await import("@aws-sdk/client-ecr")).ECR(settings)),
    region: async () => (await sagemaker()).config.region(),
    close: () => {
      for (const client of made) client.destroy();
    },
  };
}

function checkEndpoint(endpoint: string): void {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (url?.protocol === "https:" || (url?.protocol === "http:" && isLoopback(url.host))) return;
  throw invalid(
    `The endpoint '${endpoint.slice(0, 200)}' is not used: expected https://HOST, or http:// on this machine, for keys are sent there.`,
  );
}

function notInstalled(error: unknown): never {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code !== "ERR_MODULE_NOT_FOUND" && code !== "MODULE_NOT_FOUND") throw error;
  const packages = Object.entries(VERSIONS).map(([name, version]) => `@aws-sdk/${name}@${version}`);
  throw invalid(
    `AWS's SDK is not installed beside esteira: run npm install --ignore-scripts ${packages.join(" ")} where esteira is installed.`,
  );
}
