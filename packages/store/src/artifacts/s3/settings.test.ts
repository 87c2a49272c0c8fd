import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { parseS3Uri, s3Settings } from "./settings.ts";

describe("an S3 location", () => {
  it.each([
    ["s3://bucket", { bucket: "bucket", prefix: "" }],
    ["s3://bucket/", { bucket: "bucket", prefix: "" }],
    ["S3://bucket/a/b/", { bucket: "bucket", prefix: "a/b" }],
  ])("%s is read", (uri, location) => expect(parseS3Uri(uri)).toEqual(location));

  it.each([
    "s3:/bucket",
    "s3://",
    "s3://b/a/../c",
    "s3://bucket?x",
    "s3://user:secret@bucket/x",
    "s3://b",
    "gs://bucket",
  ])("%s is none", (uri) => expect(() => parseS3Uri(uri)).toThrow("no S3 location"));
});

describe("the settings of S3", () => {
  it("are AWS's own without any variable", () => {
    expect(s3Settings({})).toEqual({ region: "us-east-1", pathStyle: false, verifyTls: true, uploadArguments: {} });
  });

  it("follow MLflow's variables and AWS's", () => {
    expect(
      s3Settings({
        MLFLOW_S3_ENDPOINT_URL: "http://minio:9000",
        AWS_DEFAULT_REGION: "sa-east-1",
        MLFLOW_S3_IGNORE_TLS: "true",
        MLFLOW_S3_EXPECTED_BUCKET_OWNER: "123456789012",
        MLFLOW_S3_UPLOAD_EXTRA_ARGS: '{"ServerSideEncryption": "AES256"}',
      }),
    ).toEqual({
      endpoint: "http://minio:9000",
      region: "sa-east-1",
      pathStyle: true,
      verifyTls: false,
      bucketOwner: "123456789012",
      uploadArguments: { ServerSideEncryption: "AES256" },
    });
    const virtual = { MLFLOW_S3_ENDPOINT_URL: "https://s3.example", MLFLOW_BOTO_CLIENT_ADDRESSING_STYLE: "virtual" };
    expect(s3Settings(virtual).pathStyle).toBe(false);
  });

  it.each([
    [{ MLFLOW_S3_ENDPOINT_URL: "minio:9000" }, "MLFLOW_S3_ENDPOINT_URL"],
    [{ MLFLOW_BOTO_CLIENT_ADDRESSING_STYLE: "paths" }, "MLFLOW_BOTO_CLIENT_ADDRESSING_STYLE"],
    [{ MLFLOW_S3_UPLOAD_EXTRA_ARGS: "{" }, "MLFLOW_S3_UPLOAD_EXTRA_ARGS"],
    [{ MLFLOW_S3_UPLOAD_EXTRA_ARGS: '{"Key": "x"}' }, "MLFLOW_S3_UPLOAD_EXTRA_ARGS"],
    [{ MLFLOW_S3_UPLOAD_EXTRA_ARGS: '{"ACL": 1}' }, "MLFLOW_S3_UPLOAD_EXTRA_ARGS"],
  ])("refuse %j", (env, name) => expect(() => s3Settings(env)).toThrow(name));
});

it("loads the SDK of S3 when a store is first used, and not before", async () => {
  const hook = `export const resolve = async (name, context, next) => {
    if (name.startsWith("@aws-sdk/client-s3")) process._rawDebug("LOADED");
    return next(name, context);
  };`;
  const code = `import { register } from "node:module";
    register("data:text/javascript," + encodeURIComponent(${JSON.stringify(hook)}));
    const { openArtifactStore } = await import("./open.ts");
    const store = openArtifactStore("s3://bucket/prefix", { MLFLOW_S3_ENDPOINT_URL: "http://127.0.0.1:1" });
    openArtifactStore("./folder", {});
    process._rawDebug("OPENED");
    if (process.argv[1] === "use") await store.list("").catch(() => undefined);`;
  const run = (...args: string[]) =>
    promisify(execFile)(
      process.execPath,
      ["--conditions=@esteira/source", "--import", "tsx", "--input-type=module", "-e", code, ...args],
      { cwd: `${import.meta.dirname}/..`, env: { ...process.env, AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "b" } },
    );
  expect((await run()).stderr).not.toContain("LOADED");
  expect((await run("use")).stderr).toMatch(/OPENED\n(.*\n)*LOADED/);
});
