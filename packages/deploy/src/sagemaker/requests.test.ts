import { expect, test } from "vitest";
import { planOf } from "./plan.ts";
import { deployerPolicy } from "./policy.ts";
import { requestsOf } from "./requests.ts";
import { checkRevision, type Parts, type Revision } from "./revision.ts";
import { mergeSettings, type SaidSettings } from "./settings.ts";
import { stateTags } from "./state.ts";
import { terraform } from "./terraform.ts";

const ROLE = "arn:aws:iam::123456789012:role/sagemaker";
const image = (name: string) => `123456789012.dkr.ecr.eu-west-1.amazonaws.com/${name}@sha256:${"a".repeat(64)}`;
const revision = (settings: SaidSettings = {}, more: object = {}, parts: Parts = {}): Revision =>
  checkRevision({
    wanted: { name: "pix", model: "models:/pix/1", image: image("pix"), ...more },
    settings: mergeSettings(undefined, { role: ROLE, ...settings }),
    parts,
  });
const drawn = (one: Revision) => requestsOf(one, 3, []);
const canary = { canary: { model: "models:/pix/2", share: 0.05, image: image("pix-2") } };

test("a realtime endpoint has a variant of the model's name, isolated from the network", () => {
  const { models, config, guardrails } = drawn(revision({ env: { B: "2", A: "1" } }));
  expect(models).toMatchObject([
    { ExecutionRoleArn: ROLE, EnableNetworkIsolation: true, PrimaryContainer: { Image: image("pix") } },
  ]);
  expect(config).toMatchObject({
    EndpointConfigName: "pix-esteira-g3",
    ProductionVariants: [
      { VariantName: "primary", ModelName: models[0]?.ModelName, InitialVariantWeight: 1, InstanceType: "ml.m5.large" },
    ],
  });
  expect(guardrails).toBeUndefined();
  expect(drawn(revision({ env: { A: "1", B: "2" } })).models[0]?.ModelName).toBe(models[0]?.ModelName);
  expect(drawn(revision({ env: { A: "1", B: "3" } })).models[0]?.ModelName).not.toBe(models[0]?.ModelName);
});

test("a canary has its share, a shadow is asked of everything, models may lie in S3", () => {
  expect(drawn(revision({}, canary)).config.ProductionVariants).toMatchObject([
    { VariantName: "primary", InitialVariantWeight: 0.95 },
    { VariantName: "canary", InitialVariantWeight: 0.05 },
  ]);
  const shadow = { shadow: "models:/pix/2", shadowImage: image("pix-2") };
  const { models, config } = drawn(
    revision({}, shadow, { primary: "s3://models/pix/1", shadow: "s3://models/pix.tar.gz" }),
  );
  expect(config.ShadowProductionVariants).toMatchObject([{ VariantName: "shadow", InitialVariantWeight: 1 }]);
  expect(models.map(({ PrimaryContainer }) => PrimaryContainer?.ModelDataSource?.S3DataSource)).toEqual([
    { S3Uri: "s3://models/pix/1/", S3DataType: "S3Prefix", CompressionType: "None" },
    { S3Uri: "s3://models/pix.tar.gz", S3DataType: "S3Object", CompressionType: "Gzip" },
  ]);
});

test("serverless, async, captured and guarded endpoints are as AWS has them", () => {
  expect(drawn(revision({ mode: "serverless", memory: 4096, concurrency: 9 })).config.ProductionVariants).toMatchObject(
    [{ ServerlessConfig: { MemorySizeInMB: 4096, MaxConcurrency: 9 } }],
  );
  expect(drawn(revision({ mode: "async", instances: 0, asyncOutput: "s3://out-put/pix" })).config).toMatchObject({
    ProductionVariants: [{ InitialInstanceCount: 1 }],
    AsyncInferenceConfig: { OutputConfig: { S3OutputPath: "s3://out-put/pix" } },
  });
  expect(drawn(revision({ captureTo: "s3://seen/pix", capturePercent: 20 })).config.DataCaptureConfig).toMatchObject({
    ...{ InitialSamplingPercentage: 20, DestinationS3Uri: "s3://seen/pix" },
  });
  expect(drawn(revision({ strategy: "canary", stepPercent: 25, alarms: ["errors"] })).guardrails).toMatchObject({
    BlueGreenUpdatePolicy: { TrafficRoutingConfiguration: { Type: "CANARY", CanarySize: { Value: 25 } } },
    AutoRollbackConfiguration: { Alarms: [{ AlarmName: "errors" }] },
  });
});

test.each([
  [{}, { name: "pix.staging" }, "cannot be the name of a deployment on SageMaker"],
  [{}, { name: "pix;reboot" }, "letters, digits"],
  [{}, { name: "pix-esteira" }, "without '-esteira'"],
  [{}, { image: undefined }, "build it first|build one first"],
  [{}, { image: "$(reboot)" }, "is no image name"],
  [{}, { port: 80 }, "AWS says where"],
  [{}, { ...canary, shadow: "models:/pix/3", shadowImage: image("x") }, "a canary and a shadow at once"],
  [{ mode: "serverless" }, canary, "a serverless endpoint has one model"],
  [{ mode: "serverless", captureTo: "s3://seen/x" }, {}, "cannot record requests"],
  [{ mode: "async" }, {}, "say where"],
  [{ asyncOutput: "s3://out-put/x" }, {}, "answers its callers"],
  [{ instances: 3, maxInstances: 2 }, {}, "less than the fewest"],
  [{ strategy: "linear", stepPercent: 5 }, {}, "is too small"],
  [{ role: "me" }, {}, "is no role"],
  [{ role: "" }, {}, "name the role that SageMaker takes"],
  [{ tags: { "aws:x": "1" } }, {}, "is no key of a tag"],
  [{ tags: { x: "a;b" } }, {}, "AWS takes in no tag"],
  [{ env: { "A B": "1" } }, {}, "is no name of a variable"],
  [{ memory: 1000 }, {}, "must be 1024"],
  [{ subnets: ["subnet-1"] }, {}, "say both"],
])("%j, %j is refused", (settings, more, sentence) => {
  // Whatever somebody says: some of it has no type.
  const said: SaidSettings = JSON.parse(JSON.stringify(settings));
  expect(() => revision(said, more)).toThrow(new RegExp(sentence));
});

test("tags are such as AWS takes, and hold no variable", () => {
  const secret = "a-secret-value";
  const one = revision({ env: { KEY: secret } }, { model: "models:/pix (new) 'é'/1" });
  const tags = stateTags(one, { config: "pix-esteira-g2", share: 0.05 }, 7);
  for (const { Value = "" } of tags) expect(Value).toMatch(/^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$/u);
  const text = tags.map(({ Key, Value }) => (Key?.startsWith("esteira:revision") ? Value : "")).join("");
  const kept = Buffer.from(text, "base64").toString("utf8");
  expect(kept).toContain("models:/pix (new) 'é'/1");
  expect(kept).not.toContain(secret);
});

test("a plan says what changes, and names variables without their values", () => {
  const [from, to] = [revision({ env: { KEY: "old-secret" } }), revision({ env: { KEY: "new-secret" }, instances: 2 })];
  const said = planOf(from, to, drawn(to)).join("\n");
  expect(said).toContain("change its env (KEY)");
  expect(said).toContain("change its instances to 2");
  expect(said).not.toContain("secret");
  expect(planOf(from, from, drawn(from))).toEqual([]);
  const [five, ten] = [revision({}, canary), revision({}, { canary: { ...canary.canary, share: 0.1 } })];
  expect(planOf(five, ten, drawn(ten))).toEqual([
    "begin models:/pix/2 as the canary of 10 % of the requests",
    "move the weights of the endpoint pix",
  ]);
});

test("Terraform's file has everything, and nothing that Terraform would read as its own language", () => {
  const settings = {
    env: { A: `\${file("/etc/passwd")} %{ if true }` },
    maxInstances: 4,
    strategy: "linear",
    stepPercent: 20,
  } as const;
  const one = revision({ ...settings, captureTo: "s3://seen/pix" }, canary, { primary: "s3://models/pix/1/" });
  const file = JSON.parse(terraform(one, drawn(one)));
  const [model] = Object.values<{ primary_container: object }>(file.resource.aws_sagemaker_model);
  expect(model?.primary_container).toEqual({
    image: image("pix"),
    environment: { A: `$\${file("/etc/passwd")} %%{ if true }` },
    model_data_source: {
      s3_data_source: { s3_uri: "s3://models/pix/1/", s3_data_type: "S3Prefix", compression_type: "None" },
    },
  });
  expect(file.resource.aws_sagemaker_endpoint_configuration.pix).toMatchObject({
    production_variants: [
      { variant_name: "primary", initial_variant_weight: 0.95, container_startup_health_check_timeout_in_seconds: 300 },
      { variant_name: "canary", initial_variant_weight: 0.05 },
    ],
    data_capture_config: {
      ...{ enable_capture: true, initial_sampling_percentage: 100, destination_s3_uri: "s3://seen/pix" },
      capture_content_type_header: { json_content_types: ["application/json"], csv_content_types: ["text/csv"] },
    },
  });
  expect(file.resource.aws_sagemaker_endpoint.pix).toMatchObject({
    endpoint_config_name: `\${aws_sagemaker_endpoint_configuration.pix.name}`,
    deployment_config: {
      blue_green_update_policy: {
        traffic_routing_configuration: { type: "LINEAR", linear_step_size: { type: "CAPACITY_PERCENT", value: 20 } },
        termination_wait_in_seconds: 60,
      },
    },
  });
  expect(file.resource.aws_appautoscaling_policy.pix.target_tracking_scaling_policy_configuration).toEqual({
    target_value: 1000,
    predefined_metric_specification: { predefined_metric_type: "SageMakerVariantInvocationsPerInstance" },
  });
});

test("a policy lets one pass the one role, and change what has the deployment's name", () => {
  const scope = {
    partition: "aws",
    region: "eu-west-1",
    account: "123456789012",
    name: "Pix",
    role: ROLE,
    buckets: [],
  };
  const { Statement } = deployerPolicy(scope);
  expect(Statement.find(({ Sid }) => Sid === "Role")).toMatchObject({ Resource: ROLE, Action: ["iam:PassRole"] });
  for (const { Sid, Action, Resource } of Statement)
    if (Resource === "*")
      expect([Sid, Action.filter((one) => /Create|Delete|Update|Put(?!Scaling)/.test(one))]).toEqual([Sid, []]);
});
