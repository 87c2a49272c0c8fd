import { expect, test } from "vitest";
import { configured } from "./deployments.ts";

test("MLflow's config is read as it is written", () => {
  const network = JSON.stringify({ Subnets: ["subnet-1"], SecurityGroupIds: ["sg-1"] });
  const capture = JSON.stringify({
    EnableCapture: true,
    InitialSamplingPercentage: 20,
    DestinationS3Uri: "s3://b-b/c",
  });
  expect(
    configured([
      ...["execution_role_arn=arn:aws:iam::123456789012:role/r", "instance_type=ml.m4.xlarge", "instance_count=2"],
      ...["image_url=x.dkr/y:1", "region_name=eu-west-1", "timeout_seconds=600", "synchronous=True", "archive=False"],
      ...[`vpc_config=${network}`, `data_capture_config=${capture}`, 'env={"A": "1"}', 'tags={"team": "fraud"}'],
    ]),
  ).toEqual({
    ...{ image: "x.dkr/y:1", region: "eu-west-1" },
    settings: {
      ...{ role: "arn:aws:iam::123456789012:role/r", instanceType: "ml.m4.xlarge", instances: 2, deadlineSeconds: 600 },
      ...{ subnets: ["subnet-1"], securityGroups: ["sg-1"], captureTo: "s3://b-b/c", capturePercent: 20 },
      ...{ env: { A: "1" }, tags: { team: "fraud" } },
    },
  });
  expect(configured(['serverless_config={"MemorySizeInMB": 2048, "MaxConcurrency": 7}']).settings).toEqual({
    ...{ mode: "serverless", memory: 2048, concurrency: 7 },
  });
});

test.each([
  ["instance_count", "expected NAME=VALUE"],
  ["instance_count=two", "expected a whole number"],
  ["vpc_config={", "not as AWS has it"],
  ["bucket=b", "the model is in the image"],
  ["synchronous=False", "it is waited for"],
  ["no_such=1", "is not known"],
  ["instance_type=$(reboot)", "is no type of instance"],
])("config '%s' is refused", (config, sentence) => {
  expect(() => configured([config])).toThrow(sentence);
});
