/**
 * Endpoints as SageMaker has them, by its documentation: states that take their time, configurations that cannot be changed, weights, shadows, updates
 * beside what serves, alarms that undo them. Instances are real containers.
 */

import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { CloudWatch } from "@aws-sdk/client-cloudwatch";
import type { CloudWatchLogs } from "@aws-sdk/client-cloudwatch-logs";
import type {
  AddTagsInput,
  CreateEndpointConfigInput,
  CreateEndpointInput,
  ListEndpointConfigsInput,
  SageMaker,
  Tag,
  UpdateEndpointInput,
  UpdateEndpointWeightsAndCapacitiesInput,
} from "@aws-sdk/client-sagemaker";
import type { Fleet, Instance } from "./fleet.ts";

export class Refusal extends Error {
  readonly type: string;
  constructor(type: string, message: string) {
    super(message);
    this.type = type;
  }
}
const validation = (message: string) => new Refusal("ValidationException", message);

/** What the operations of endpoints are called with: each has some of these fields. */
export type Asked = Partial<
  CreateEndpointConfigInput &
    CreateEndpointInput &
    UpdateEndpointInput &
    UpdateEndpointWeightsAndCapacitiesInput &
    AddTagsInput &
    ListEndpointConfigsInput
>;
type Config = Asked & { readonly arn: string; readonly CreationTime: number };

interface Fleeted {
  readonly config: string;
  readonly weights: Map<string, number>;
  readonly instances: Map<string, Instance>;
}
interface Endpoint {
  readonly name: string;
  readonly arn: string;
  readonly createdAt: number;
  modifiedAt: number;
  status: string;
  fleet: Fleeted | undefined;
  /** Of an update, and which share of the callers it answers. */
  green: { readonly fleet: Fleeted; share: number } | undefined;
  pending: string | undefined;
  config: string;
  failure: string | undefined;
}

export interface Endpoints {
  /** Answers undefined for what is not an endpoint's affair. */
  call(operation: string, body: Asked): Promise<object | undefined>;
  invoke(
    name: string,
    request: { body: Buffer; contentType: string; target?: string },
  ): Promise<{ body: Buffer; contentType: string; variant: string }>;
  /** Updates of this endpoint end badly: it fails, or what was before does not come back. */
  readonly doomed: Map<string, "Failed" | "UpdateRollbackFailed">;
  close(): Promise<void>;
}

interface World {
  readonly fleet: Fleet;
  readonly models: SageMaker;
  readonly metrics: CloudWatch;
  readonly logs: CloudWatchLogs;
  /** How long a state lasts. */
  readonly stepMs: number;
}

const EMPTY = { BlueGreenUpdatePolicy: undefined };
const NAME = /^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$/;
const ACCOUNT = "arn:aws:sagemaker:eu-west-1:123456789012";

export function openEndpoints({ fleet, models, metrics, logs, stepMs }: World): Endpoints {
  const configs = new Map<string, Config>();
  const endpoints = new Map<string, Endpoint>();
  const tags = new Map<string, Map<string, string>>();
  const running = new Set<Promise<void>>();
  const doomed: Endpoints["doomed"] = new Map();

  const checkedName = (name: unknown, field: string): string => {
    if (typeof name === "string" && NAME.test(name)) return name;
    throw validation(
      `1 validation error detected: Value '${name}' at '${field}' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}`,
    );
  };
  const configOf = (name: string | undefined): Config => {
    const found = configs.get(name ?? "");
    if (found !== undefined) return found;
    throw validation(`Could not find endpoint configuration "${ACCOUNT}:endpoint-config/${name}".`);
  };
  const endpointOf = (name: string | undefined): Endpoint => {
    const found = endpoints.get(name ?? "");
    if (found !== undefined) return found;
    throw validation(`Could not find endpoint "${ACCOUNT}:endpoint/${name}".`);
  };
  const tag = (arn: string, given: readonly Tag[] = []) => {
    const kept = tags.get(arn) ?? new Map<string, string>();
    for (const { Key = "", Value = "" } of given) {
      if (!/^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u.test(Value) || Value.length > 256)
        throw validation(`Tag value '${Value}' is not valid.`);
      kept.set(Key, Value);
    }
    if (kept.size > 50) throw new Refusal("ResourceLimitExceeded", "Too many tags.");
    tags.set(arn, kept);
  };
  const variantsOf = (config: Asked) => [
    ...(config.ProductionVariants ?? []),
    ...(config.ShadowProductionVariants ?? []),
  ];
  const background = (work: Promise<void>): void => {
    const guarded = work.catch((error: unknown) => console.error("stand-in:", error));
    running.add(guarded);
    void guarded.finally(() => running.delete(guarded));
  };

  const say = async (endpoint: string, variant: string, text: string): Promise<void> => {
    const logGroupName = `/aws/sagemaker/Endpoints/${endpoint}`;
    const logStreamName = `${variant}/${randomUUID()}`;
    await logs.createLogGroup({ logGroupName }).catch(() => {});
    await logs.createLogStream({ logGroupName, logStreamName });
    const lines = text.split("\n").filter((line) => line !== "");
    const events = lines.map((message) => ({ message, timestamp: Date.now() }));
    if (events.length > 0) await logs.putLogEvents({ logGroupName, logStreamName, logEvents: events });
  };

  const startFleet = async (endpoint: string, name: string): Promise<Fleeted> => {
    const config = configOf(name);
    const instances = new Map<string, Instance>();
    try {
      for (const { VariantName = "", ModelName } of variantsOf(config)) {
        const model = await models.describeModel({ ModelName });
        const instance = await fleet.start(VariantName, model.PrimaryContainer ?? {});
        instances.set(VariantName, instance);
        await say(endpoint, VariantName, instance.said());
      }
    } catch (error) {
      for (const instance of instances.values()) await instance.stop();
      if (error instanceof Error && "said" in error) await say(endpoint, "primary", String(error.said));
      throw error;
    }
    const weights = (config.ProductionVariants ?? []).map(
      ({ VariantName = "", InitialVariantWeight = 1 }) => [VariantName, InitialVariantWeight] as const,
    );
    return { config: name, instances, weights: new Map(weights) };
  };
  const stopFleet = async (old: Fleeted | undefined): Promise<void> => {
    for (const instance of old?.instances.values() ?? []) await instance.stop();
  };

  const isAlarmed = async (alarms: readonly string[]): Promise<boolean> => {
    if (alarms.length === 0) return false;
    const found = await metrics.describeAlarms({ AlarmNames: [...alarms] });
    return (found.MetricAlarms ?? []).some(({ StateValue }) => StateValue === "ALARM");
  };

  const come = async (endpoint: Endpoint): Promise<void> => {
    await sleep(stepMs);
    try {
      endpoint.fleet = await startFleet(endpoint.name, endpoint.config);
      endpoint.status = "InService";
    } catch (error) {
      endpoint.failure = error instanceof Error ? error.message : String(error);
      endpoint.status = "Failed";
    }
    endpoint.modifiedAt = Date.now();
  };

  const update = async (
    endpoint: Endpoint,
    to: string,
    deployment: NonNullable<Asked["DeploymentConfig"]>,
  ): Promise<void> => {
    const alarms = (deployment.AutoRollbackConfiguration?.Alarms ?? []).map(({ AlarmName = "" }) => AlarmName);
    const routing = deployment.BlueGreenUpdatePolicy?.TrafficRoutingConfiguration;
    const end = (status: string, failure?: string) => {
      endpoint.status = status;
      endpoint.failure = failure;
      endpoint.pending = undefined;
      endpoint.green = undefined;
      endpoint.modifiedAt = Date.now();
    };
    await sleep(stepMs);
    let green: Fleeted;
    try {
      const doom = doomed.get(endpoint.name);
      if (doom === "Failed") {
        doomed.delete(endpoint.name);
        await stopFleet(endpoint.fleet);
        endpoint.fleet = undefined;
        endpoint.config = to;
        return end("Failed", "An internal error occurred. Please try again.");
      }
      if (doom === "UpdateRollbackFailed") {
        doomed.delete(endpoint.name);
        return end("UpdateRollbackFailed", "The rollback of the update failed.");
      }
      green = await startFleet(endpoint.name, to);
    } catch (error) {
      return end("InService", error instanceof Error ? error.message : String(error));
    }
    const steps =
      routing?.Type === "CANARY" ? [routing.CanarySize?.Value ?? 0] : routing?.Type === "LINEAR" ? [25, 50, 75] : [];
    for (const percent of [...steps, 100]) {
      endpoint.green = { fleet: green, share: percent / 100 };
      await sleep(stepMs);
      if (await isAlarmed(alarms)) {
        endpoint.status = "RollingBack";
        endpoint.green = undefined;
        await sleep(stepMs);
        await stopFleet(green);
        return end(
          "InService",
          `One or more configured alarms went into ALARM: ${alarms.join(", ")}. The update was rolled back.`,
        );
      }
    }
    const old = endpoint.fleet;
    endpoint.fleet = green;
    endpoint.config = to;
    end("InService");
    await stopFleet(old);
  };

  const OPERATIONS: Readonly<Record<string, (body: Asked) => object | Promise<object>>> = {
    async CreateEndpointConfig(body) {
      const name = checkedName(body.EndpointConfigName, "endpointConfigName");
      if (configs.has(name))
        throw validation(`Cannot create already existing endpoint configuration "${ACCOUNT}:endpoint-config/${name}".`);
      if ((body.ShadowProductionVariants ?? []).length > 0 && (body.ProductionVariants ?? []).length > 1)
        throw validation("Only one production variant is allowed when a shadow variant is specified.");
      for (const { ModelName } of variantsOf(body)) {
        await models.describeModel({ ModelName }).catch(() => {
          throw validation(`Could not find model "${ACCOUNT}:model/${ModelName}".`);
        });
      }
      const arn = `${ACCOUNT}:endpoint-config/${name.toLowerCase()}`;
      configs.set(name, { ...body, arn, CreationTime: Date.now() / 1000 });
      tags.delete(arn);
      tag(arn, body.Tags);
      return { EndpointConfigArn: arn };
    },
    DescribeEndpointConfig({ EndpointConfigName }) {
      const { Tags: _, arn, ...config } = configOf(EndpointConfigName);
      return { ...config, EndpointConfigArn: arn };
    },
    DeleteEndpointConfig: ({ EndpointConfigName }) => {
      configOf(EndpointConfigName);
      configs.delete(EndpointConfigName ?? "");
      return {};
    },
    ListEndpointConfigs: ({ NameContains }) => ({
      EndpointConfigs: [...configs.values()]
        .filter(({ EndpointConfigName = "" }) => EndpointConfigName.includes(NameContains ?? ""))
        .map(({ EndpointConfigName, arn, CreationTime }) => ({
          EndpointConfigName,
          EndpointConfigArn: arn,
          CreationTime,
        })),
    }),
    CreateEndpoint(body) {
      const name = checkedName(body.EndpointName, "endpointName");
      if (endpoints.has(name))
        throw validation(`Cannot create already existing endpoint "${ACCOUNT}:endpoint/${name}".`);
      configOf(body.EndpointConfigName);
      const arn = `${ACCOUNT}:endpoint/${name.toLowerCase()}`;
      const now = Date.now();
      const endpoint: Endpoint = {
        ...{ name, arn, createdAt: now, modifiedAt: now, status: "Creating", fleet: undefined, green: undefined },
        ...{ pending: undefined, config: body.EndpointConfigName ?? "", failure: undefined },
      };
      endpoints.set(name, endpoint);
      tags.delete(arn);
      tag(arn, body.Tags);
      background(come(endpoint));
      return { EndpointArn: arn };
    },
    DescribeEndpoint({ EndpointName }) {
      const {
        name,
        arn,
        status,
        config,
        pending,
        failure,
        createdAt,
        modifiedAt,
        fleet: own,
      } = endpointOf(EndpointName);
      return {
        ...{ EndpointName: name, EndpointArn: arn, EndpointConfigName: config, EndpointStatus: status },
        ...(failure === undefined ? {} : { FailureReason: failure }),
        ...(pending === undefined ? {} : { PendingDeploymentSummary: { EndpointConfigName: pending } }),
        ProductionVariants: [...(own?.weights ?? [])].map(([VariantName, weight]) => ({
          ...{
            VariantName,
            CurrentWeight: weight,
            DesiredWeight: weight,
            CurrentInstanceCount: 1,
            DesiredInstanceCount: 1,
          },
        })),
        ...{ CreationTime: createdAt / 1000, LastModifiedTime: modifiedAt / 1000 },
      };
    },
    ListEndpoints: () => ({
      Endpoints: [...endpoints.values()].map(({ name, arn, status, createdAt, modifiedAt }) => ({
        ...{ EndpointName: name, EndpointArn: arn, EndpointStatus: status },
        ...{ CreationTime: createdAt / 1000, LastModifiedTime: modifiedAt / 1000 },
      })),
    }),
    UpdateEndpoint(body) {
      const endpoint = endpointOf(body.EndpointName);
      configOf(body.EndpointConfigName);
      if (!["InService", "UpdateRollbackFailed"].includes(endpoint.status))
        throw validation(`Cannot update in-progress endpoint "${endpoint.arn}".`);
      endpoint.status = "Updating";
      endpoint.pending = body.EndpointConfigName;
      endpoint.failure = undefined;
      background(update(endpoint, body.EndpointConfigName ?? "", body.DeploymentConfig ?? EMPTY));
      return { EndpointArn: endpoint.arn };
    },
    UpdateEndpointWeightsAndCapacities(body) {
      const endpoint = endpointOf(body.EndpointName);
      if (endpoint.status !== "InService") throw validation(`Cannot update in-progress endpoint "${endpoint.arn}".`);
      for (const { VariantName = "", DesiredWeight = 0 } of body.DesiredWeightsAndCapacities ?? []) {
        if (endpoint.fleet?.weights.has(VariantName) !== true)
          throw validation(`The variant name(s) "${VariantName}" is/are not present.`);
        endpoint.fleet.weights.set(VariantName, DesiredWeight);
      }
      endpoint.status = "Updating";
      background(
        sleep(stepMs).then(() => {
          endpoint.status = "InService";
          endpoint.modifiedAt = Date.now();
        }),
      );
      return { EndpointArn: endpoint.arn };
    },
    DeleteEndpoint({ EndpointName }) {
      const endpoint = endpointOf(EndpointName);
      if (["Creating", "Updating", "RollingBack"].includes(endpoint.status))
        throw validation(`Cannot update in-progress endpoint "${endpoint.arn}".`);
      endpoint.status = "Deleting";
      background(
        sleep(stepMs).then(async () => {
          await stopFleet(endpoint.fleet);
          endpoints.delete(EndpointName ?? "");
        }),
      );
      return {};
    },
  };

  const choose = (weights: ReadonlyMap<string, number>): string => {
    const sum = [...weights.values()].reduce((a, b) => a + b, 0);
    let at = Math.random() * sum;
    for (const [name, weight] of weights) {
      at -= weight;
      if (at < 0) return name;
    }
    return "primary";
  };
  const count = (endpoint: string, variant: string, status: number, ms: number): Promise<unknown> => {
    const Dimensions = [
      { Name: "EndpointName", Value: endpoint },
      { Name: "VariantName", Value: variant },
    ];
    const of = (MetricName: string, Value: number) => ({ MetricName, Value, Dimensions, Timestamp: new Date() });
    return metrics.putMetricData({
      Namespace: "AWS/SageMaker",
      MetricData: [
        ...[of("Invocations", 1), of("ModelLatency", ms * 1000)],
        ...[
          of("Invocation4XXErrors", status >= 400 && status < 500 ? 1 : 0),
          of("Invocation5XXErrors", status >= 500 ? 1 : 0),
        ],
      ],
    });
  };

  return {
    doomed,
    async call(operation, body) {
      if (operation === "ListTags" || operation === "AddTags") {
        const arn = String(body.ResourceArn);
        if (!/:endpoint(-config)?\//.test(arn)) return undefined;
        if (!tags.has(arn)) throw validation(`Could not find resource ${arn}.`);
        if (operation === "AddTags") tag(arn, body.Tags);
        return { Tags: [...(tags.get(arn) ?? [])].map(([Key, Value]) => ({ Key, Value })) };
      }
      return OPERATIONS[operation]?.(body);
    },
    async invoke(name, { body, contentType, target }) {
      const endpoint = endpoints.get(name);
      const { fleet: blue, green } = endpoint ?? {};
      if (blue === undefined) throw validation(`Endpoint ${name} of account 123456789012 not found.`);
      const own = green !== undefined && Math.random() < green.share ? green.fleet : blue;
      const variant = target ?? choose(own.weights);
      const ask = async (who: string) => {
        const since = performance.now();
        const answer = await fetch(`${own.instances.get(who)?.url}/invocations`, {
          method: "POST",
          headers: { "content-type": contentType },
          body: new Uint8Array(body),
        });
        const bytes = Buffer.from(await answer.arrayBuffer());
        await count(name, who, answer.status, performance.now() - since);
        return { status: answer.status, body: bytes, contentType: answer.headers.get("content-type") ?? "" };
      };
      if (own.instances.has("shadow")) await ask("shadow");
      const answer = await ask(variant);
      if (answer.status === 200) return { ...answer, variant };
      throw new Refusal(
        "ModelError",
        `Received ${answer.status < 500 ? "client" : "server"} error (${answer.status}) from ${variant} with message "${answer.body.toString("utf8")}".`,
      );
    },
    async close() {
      await Promise.all(running);
      for (const { fleet: own } of endpoints.values()) await stopFleet(own);
    },
  };
}
