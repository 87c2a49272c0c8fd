/** What AWS must allow, and no more: whoever deploys, and the role that SageMaker takes. Pure. */

export interface PolicyScope {
  /** `aws`, `aws-cn`, `aws-us-gov`. */
  readonly partition: string;
  readonly region: string;
  readonly account: string;
  /** Of the deployment. */
  readonly name: string;
  /** The role that SageMaker takes. */
  readonly role: string;
  /** Of the image, in ECR; all of them when it is absent. */
  readonly repository?: string | undefined;
  /** Buckets with models, and for what is recorded and answered. */
  readonly buckets: readonly string[];
}

export interface Policy {
  readonly Version: "2012-10-17";
  readonly Statement: readonly Statement[];
}
interface Statement {
  readonly Sid: string;
  readonly Effect: "Allow";
  readonly Action: readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

const PULL = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"];

export function deployerPolicy(scope: PolicyScope): Policy {
  const { partition, region, account, name, role } = scope;
  const arn = (service: string, rest: string) => `arn:${partition}:${service}:${region}:${account}:${rest}`;
  // AWS writes these names in small letters in some of its ARNs.
  const names = [...new Set([name, name.toLowerCase()])];
  const own = (kind: string, ending: string) => names.map((one) => arn("sagemaker", `${kind}/${one}${ending}`));
  return policy([
    allow(
      "Endpoint",
      [
        ...["CreateEndpoint", "DescribeEndpoint", "UpdateEndpoint", "UpdateEndpointWeightsAndCapacities"],
        ...["DeleteEndpoint", "InvokeEndpoint", "ListTags", "AddTags"],
      ].map((action) => `sagemaker:${action}`),
      [...own("endpoint", ""), ...own("endpoint-config", "-esteira-*")],
    ),
    allow(
      "ModelsAndConfigurations",
      [
        ...["CreateModel", "DescribeModel", "DeleteModel", "CreateEndpointConfig", "DescribeEndpointConfig"],
        ...["DeleteEndpointConfig", "ListTags", "AddTags"],
      ].map((action) => `sagemaker:${action}`),
      [...own("model", "-esteira-*"), ...own("endpoint-config", "-esteira-*")],
    ),
    allow(
      "TransformJobs",
      ["CreateTransformJob", "DescribeTransformJob", "StopTransformJob"].map((action) => `sagemaker:${action}`),
      own("transform-job", "-*"),
    ),
    allow("Lists", ["sagemaker:ListModels", "sagemaker:ListEndpoints", "sagemaker:ListEndpointConfigs"], "*"),
    {
      ...allow("Role", ["iam:PassRole"], role),
      Condition: { StringEquals: { "iam:PassedToService": "sagemaker.amazonaws.com" } },
    },
    allow(
      "Scaling",
      [
        ...["RegisterScalableTarget", "DeregisterScalableTarget", "DescribeScalableTargets", "PutScalingPolicy"].map(
          (action) => `application-autoscaling:${action}`,
        ),
      ],
      "*",
    ),
    allow(
      "ScalingAlarms",
      ["cloudwatch:PutMetricAlarm", "cloudwatch:DeleteAlarms"],
      arn("cloudwatch", `alarm:TargetTracking-endpoint/${name}/*`),
    ),
    {
      ...allow(
        "ScalingRole",
        ["iam:CreateServiceLinkedRole"],
        `arn:${partition}:iam::${account}:role/aws-service-role/*`,
      ),
      Condition: { StringLike: { "iam:AWSServiceName": "sagemaker.application-autoscaling.amazonaws.com" } },
    },
    allow("Watching", ["cloudwatch:DescribeAlarms", "cloudwatch:GetMetricData"], "*"),
    allow(
      "Logs",
      ["logs:DescribeLogStreams", "logs:GetLogEvents"],
      [
        arn("logs", `log-group:/aws/sagemaker/Endpoints/${name}`),
        arn("logs", `log-group:/aws/sagemaker/Endpoints/${name}:*`),
      ],
    ),
    allow("Registry", ["ecr:GetAuthorizationToken"], "*"),
    allow(
      "Images",
      [...PULL, "ecr:InitiateLayerUpload", "ecr:UploadLayerPart", "ecr:CompleteLayerUpload", "ecr:PutImage"],
      arn("ecr", `repository/${scope.repository ?? "*"}`),
    ),
  ]);
}

/** Of the role that SageMaker takes: what its containers need to begin, and to say how they do. */
export function rolePolicy({ partition, region, account, repository, buckets }: PolicyScope): Policy {
  return policy([
    allow("Registry", ["ecr:GetAuthorizationToken"], "*"),
    allow("Images", PULL, `arn:${partition}:ecr:${region}:${account}:repository/${repository ?? "*"}`),
    allow(
      "Logs",
      ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
      `arn:${partition}:logs:${region}:${account}:log-group:/aws/sagemaker/*`,
    ),
    {
      ...allow("Metrics", ["cloudwatch:PutMetricData"], "*"),
      Condition: { StringLike: { "cloudwatch:namespace": "*SageMaker*" } },
    },
    ...(buckets.length === 0
      ? []
      : [
          allow(
            "Buckets",
            ["s3:ListBucket"],
            buckets.map((bucket) => `arn:${partition}:s3:::${bucket}`),
          ),
          allow(
            "Objects",
            ["s3:GetObject", "s3:PutObject"],
            buckets.map((bucket) => `arn:${partition}:s3:::${bucket}/*`),
          ),
        ]),
  ]);
}

/** Who may take the role. */
export const trustPolicy = {
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "sagemaker.amazonaws.com" }, Action: "sts:AssumeRole" }],
} as const;

const policy = (Statement: readonly Statement[]): Policy => ({ Version: "2012-10-17", Statement });
const allow = (Sid: string, Action: readonly string[], Resource: Statement["Resource"]): Statement => ({
  ...{ Sid, Effect: "Allow", Action, Resource },
});
