/** How many instances an endpoint has, by what is asked of it: AWS's Application Auto Scaling. */

import type { Aws } from "./aws.ts";
import { asked, ifThere } from "./errors.ts";
import { isScaled, type Settings } from "./settings.ts";

const DIMENSION = "sagemaker:variant:DesiredInstanceCount";
const POLICY = "esteira";

const targetOf = (name: string) =>
  ({
    ServiceNamespace: "sagemaker",
    ScalableDimension: DIMENSION,
    ResourceId: `endpoint/${name}/variant/primary`,
  }) as const;

/** Makes it as the settings have it. */
export async function scale(aws: Aws, name: string, settings: Settings): Promise<void> {
  if (!isScaled(settings)) return unscale(aws, name);
  const client = await aws.scaling();
  const { instances, maxInstances = instances } = settings;
  await asked(`let the instances of ${name} be scaled`, () =>
    client.registerScalableTarget({ ...targetOf(name), MinCapacity: instances, MaxCapacity: maxInstances }),
  );
  await asked(`say when the instances of ${name} are scaled`, () =>
    client.putScalingPolicy({
      ...targetOf(name),
      PolicyName: POLICY,
      PolicyType: "TargetTrackingScaling",
      TargetTrackingScalingPolicyConfiguration: scalingOf(name, settings),
    }),
  );
}

export const scalingOf = (name: string, { mode, scaleTarget }: Settings) => ({
  TargetValue: scaleTarget,
  ...(mode === "async"
    ? {
        CustomizedMetricSpecification: {
          MetricName: "ApproximateBacklogSizePerInstance",
          Namespace: "AWS/SageMaker",
          Dimensions: [{ Name: "EndpointName", Value: name }],
          Statistic: "Average" as const,
        },
      }
    : { PredefinedMetricSpecification: { PredefinedMetricType: "SageMakerVariantInvocationsPerInstance" as const } }),
});

export async function unscale(aws: Aws, name: string): Promise<void> {
  const client = await aws.scaling();
  const { ServiceNamespace, ResourceId } = targetOf(name);
  const found = await asked(`ask how the instances of ${name} are scaled`, () =>
    client.describeScalableTargets({ ServiceNamespace, ResourceIds: [ResourceId] }),
  );
  if ((found.ScalableTargets ?? []).length === 0) return;
  await ifThere(`leave the instances of ${name} as they are`, () => client.deregisterScalableTarget(targetOf(name)));
}
