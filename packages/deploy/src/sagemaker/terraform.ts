/** A deployment as Terraform's own JSON, for those who leave their endpoints to it. Pure. */

import type { CreateModelCommandInput, ProductionVariant } from "@aws-sdk/client-sagemaker";
import type { Requests } from "./requests.ts";
import type { Revision } from "./revision.ts";
import { scalingOf } from "./scaling.ts";
import { isScaled } from "./settings.ts";

/** The file `main.tf.json`. */
export function terraform({ wanted, settings }: Revision, { models, config, guardrails }: Requests): string {
  const { name } = wanted;
  const modelName = (of: string | undefined) => hole(`aws_sagemaker_model.${local(of ?? "")}.name`);
  const resource = {
    aws_sagemaker_model: Object.fromEntries(models.map((model) => [local(model.ModelName), modelBlock(model)])),
    aws_sagemaker_endpoint_configuration: {
      [local(name)]: {
        name_prefix: `${name}-`.slice(0, 37),
        production_variants: (config.ProductionVariants ?? []).map((one) =>
          variantBlock(one, modelName(one.ModelName)),
        ),
        ...(config.ShadowProductionVariants === undefined
          ? {}
          : {
              shadow_production_variants: config.ShadowProductionVariants.map((one) =>
                variantBlock(one, modelName(one.ModelName)),
              ),
            }),
        ...(config.DataCaptureConfig === undefined ? {} : { data_capture_config: snaked(config.DataCaptureConfig) }),
        ...(config.AsyncInferenceConfig === undefined
          ? {}
          : { async_inference_config: snaked(config.AsyncInferenceConfig) }),
        ...(config.KmsKeyId === undefined ? {} : { kms_key_arn: text(config.KmsKeyId) }),
        tags: tagsOf(settings.tags),
        // The endpoint is led over to the new one before the old one goes.
        lifecycle: { create_before_destroy: true },
      },
    },
    aws_sagemaker_endpoint: {
      [local(name)]: {
        name,
        endpoint_config_name: hole(`aws_sagemaker_endpoint_configuration.${local(name)}.name`),
        ...(guardrails === undefined ? {} : { deployment_config: snaked(guardrails) }),
        tags: tagsOf(settings.tags),
      },
    },
    ...(isScaled(settings) ? scalingBlocks(name, settings) : {}),
  };
  const file = {
    terraform: { required_providers: { aws: { source: "hashicorp/aws", version: ">= 5.60" } } },
    resource,
  };
  return `${JSON.stringify(file, undefined, 2)}\n`;
}

function modelBlock({
  ModelName,
  ExecutionRoleArn,
  PrimaryContainer,
  EnableNetworkIsolation,
  VpcConfig,
  Tags,
}: CreateModelCommandInput) {
  const { Image = "", Environment = {}, ModelDataSource } = PrimaryContainer ?? {};
  return {
    name: ModelName,
    execution_role_arn: ExecutionRoleArn,
    primary_container: {
      image: Image,
      environment: Object.fromEntries(Object.entries(Environment).map(([key, value]) => [key, text(value)])),
      ...(ModelDataSource === undefined ? {} : { model_data_source: snaked(ModelDataSource) }),
    },
    ...(EnableNetworkIsolation === true ? { enable_network_isolation: true } : {}),
    ...(VpcConfig === undefined
      ? {}
      : { vpc_config: { subnets: VpcConfig.Subnets, security_group_ids: VpcConfig.SecurityGroupIds } }),
    tags: tagsOf(
      Object.fromEntries(
        (Tags ?? []).flatMap(({ Key = "", Value = "" }) => (Key.startsWith("esteira:") ? [] : [[Key, Value] as const])),
      ),
    ),
  };
}

const variantBlock = ({ ModelName: _, ...variant }: ProductionVariant, model: string) => ({
  ...record(snaked(variant)),
  model_name: model,
});

function scalingBlocks(name: string, settings: Revision["settings"]) {
  const target = `aws_appautoscaling_target.${local(name)}`;
  const { instances, maxInstances = instances } = settings;
  return {
    aws_appautoscaling_target: {
      [local(name)]: {
        ...{ min_capacity: instances, max_capacity: maxInstances, service_namespace: "sagemaker" },
        scalable_dimension: "sagemaker:variant:DesiredInstanceCount",
        resource_id: `endpoint/${hole(`aws_sagemaker_endpoint.${local(name)}.name`)}/variant/primary`,
      },
    },
    aws_appautoscaling_policy: {
      [local(name)]: {
        name: "esteira",
        policy_type: "TargetTrackingScaling",
        service_namespace: hole(`${target}.service_namespace`),
        scalable_dimension: hole(`${target}.scalable_dimension`),
        resource_id: hole(`${target}.resource_id`),
        target_tracking_scaling_policy_configuration: snaked(scalingOf(name, settings)),
      },
    },
  };
}

const tagsOf = (tags: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(tags).map(([key, value]) => [text(key), text(value)]));

/** A name of Terraform's language. */
const local = (name: string): string => name.replace(/^(?=[0-9])/, "_");
const hole = (expression: string): string => `\${${expression}}`;
/** Terraform reads what stands in such braces, unless their sign is doubled. */
const text = (value: string): string => value.replace(/[$%](?=\{)/g, (sign) => sign + sign);

/** Fields that Terraform calls otherwise than by AWS's name in small letters. */
const RENAMED: Readonly<Record<string, string>> = {
  MemorySizeInMB: "memory_size_in_mb",
  Dimensions: "dimensions",
  PredefinedMetricSpecification: "predefined_metric_specification",
  CustomizedMetricSpecification: "customized_metric_specification",
};
const named = (key: string): string =>
  RENAMED[key] ??
  key
    .replace(/S3/g, "_s3_")
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .toLowerCase()
    .replace(/_+/g, "_")
    .replace(/^_|_$/g, "");

function snaked(value: unknown): unknown {
  if (typeof value === "string") return text(value);
  if (Array.isArray(value)) return value.map(snaked);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, item]) => (item === undefined ? [] : [[named(key), snaked(item)] as const])),
  );
}

const record = (value: unknown): object => (typeof value === "object" && value !== null ? value : {});
