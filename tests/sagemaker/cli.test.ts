import { execFileSync } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { withEcr } from "@esteira/deploy/sagemaker/ecr";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { missing } from "../containers/programs.ts";
import { runEsteira } from "../default/run-esteira.testing.ts";
import { KEYS } from "./stand-in.ts";
import { BODY, nowhere, startWorld, type World } from "./world.ts";

const IS_REAL = process.env.ESTEIRA_TEST_AWS === "1";

describe.skipIf(IS_REAL || nowhere())("the commands for SageMaker", () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(() => world?.stop());

  const esteira = async (...args: readonly string[]) => {
    const { code, stdout, stderr } = await runEsteira(world.root, args, world.env);
    expect(`${stdout}${stderr}`).not.toContain(KEYS.secretAccessKey);
    return { code, out: stdout.trim(), said: stderr };
  };
  const deploy = (version: 1 | 2, ...more: readonly string[]) =>
    esteira(
      ...["deploy", "sagemaker", `models:/pix/${version}`, "-n", "pix", "--image", world.images[version - 1] ?? ""],
      ...["--role", world.role, ...more],
    );

  test("plan, deploy, look, ask, change, go back, remove: as somebody would", async () => {
    const secret = "a-variable-that-nobody-should-read";
    const planned = await deploy(1, "--env", `KEY=${secret}`, "--dry-run");
    expect(planned).toMatchObject({ code: 0 });
    expect(planned.out).toContain("serve models:/pix/1 as pix");
    expect(planned.out).not.toContain(secret);
    const deployed = await deploy(1, "--env", `KEY=${secret}`);
    expect(deployed.out).toMatch(
      /^pix {2}models:\/pix\/1 {2}serving {2}https:\/\/runtime\.sagemaker\.eu-west-1\.amazonaws\.com\/endpoints\/pix$/,
    );
    expect(deployed.said).toContain("The endpoint pix is Creating.");
    await writeFile(join(world.root, "request.json"), BODY);
    const asked = await esteira(
      "deployments",
      "predict",
      "-t",
      "sagemaker:/eu-west-1",
      "--name",
      "pix",
      "-I",
      "request.json",
    );
    expect(JSON.parse(asked.out)).toHaveProperty("predictions");
    expect((await deploy(2, "--strategy", "canary")).out).toContain("models:/pix/2  serving");
    expect((await esteira("deploy", "status", "-n", "pix", "--target", "sagemaker")).out).toContain("models:/pix/2");
    expect((await esteira("deploy", "rollback", "-n", "pix", "--target", "sagemaker")).out).toContain("models:/pix/1");
    expect((await esteira("deploy", "list", "--target", "sagemaker")).out).toContain("pix");
    const logs = await esteira("deploy", "logs", "-n", "pix", "--target", "sagemaker");
    expect(logs.out).toContain("[primary] Serving pix");
    expect(logs.out).not.toContain(secret);
    expect(await esteira("deploy", "remove", "-n", "pix", "--target", "sagemaker")).toMatchObject({
      code: 0,
      out: "pix has ended.",
    });
    expect((await esteira("deploy", "status", "-n", "pix", "--target", "sagemaker")).said).toContain(
      "Nothing is deployed",
    );
  });

  test("MLflow's names do the same", async () => {
    const at = ["-t", "sagemaker:/eu-west-1", "--name", "legacy"];
    const made = (version: 1 | 2) => [
      ...[...at, "-m", `models:/pix/${version}`, "-C", `image_url=${world.images[version - 1]}`],
      ...["-C", `execution_role_arn=${world.role}`, "-C", "instance_type=ml.m4.xlarge"],
    ];
    expect((await esteira("deployments", "update", ...made(1))).said).toContain(
      "There is no deployment legacy to update",
    );
    expect((await esteira("deployments", "create", ...made(1))).out).toBe("Deployment legacy is created");
    expect((await esteira("deployments", "create", ...made(2))).said).toContain("is there already");
    expect((await esteira("deployments", "update", ...made(2))).out).toBe("Deployment legacy is updated");
    expect((await esteira("deployments", "get", ...at)).out).toContain("model: models:/pix/2");
    expect((await esteira("deployments", "list", "-t", "sagemaker")).out.split("\n")).toContain("legacy");
    expect((await esteira("deployments", "delete", ...at)).out).toBe("Deployment legacy is deleted");
  });

  test("what cannot be is refused in a sentence, and nothing is called", async () => {
    const calls = world.standIn?.called.length;
    const refused = async (sentence: string, ...args: readonly string[]) => {
      const { code, said } = await esteira(...args);
      expect(said).toContain(sentence);
      expect(code).toBe(2);
    };
    const of = ["deploy", "sagemaker", "models:/pix/1", "--image", world.images[0]];
    await refused("cannot be the name", ...of, "-n", "pix; touch /tmp/x", "--role", world.role);
    await refused("is no role", ...of, "-n", "pix", "--role", "$(whoami)");
    await refused("is no region", ...of, "-n", "pix", "--role", world.role, "--region", "`reboot`");
    await refused(
      "http:// on this machine",
      ...of,
      "-n",
      "pix",
      "--role",
      world.role,
      "--endpoint-url",
      "http://example.com",
    );
    await refused(
      "is no type of instance",
      ...of,
      "-n",
      "pix",
      "--role",
      world.role,
      "--instance-type",
      "ml.m5.large;id",
    );
    await refused(
      "A role is not taken from the target",
      "deployments",
      "list",
      "-t",
      "sagemaker:/eu-west-1/arn:aws:iam::1:role/x",
    );
    expect(world.standIn?.called.length).toBe(calls);
    await refused("name the role that SageMaker takes", ...of, "-n", "pix");
  });

  test("the policy names every call that was made, and is one that AWS takes", async () => {
    const args = ["--role", world.role, "-n", "pix", "--region", "eu-west-1", "--buckets", "models"];
    const printed = await Promise.all(
      ["deployer", "role"].map(async (whom) => (await esteira("sagemaker", "policy", ...args, "--for", whom)).out),
    );
    const allowed = new Set<string>(
      JSON.parse(printed[0] ?? "").Statement.flatMap(({ Action }: { Action: string[] }) => Action),
    );
    for (const operation of new Set(world.standIn?.called)) expect(allowed).toContain(`sagemaker:${operation}`);
    for (const [n, PolicyDocument] of printed.entries()) {
      const answer = await fetch(`${world.standIn?.url}/`, {
        method: "POST",
        headers: {
          "content-type": "application/x-www-form-urlencoded",
          authorization:
            "AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=x",
        },
        body: new URLSearchParams({
          Action: "CreatePolicy",
          Version: "2010-05-08",
          PolicyName: `pix-${n}`,
          PolicyDocument,
        }),
      });
      expect(`${answer.status} ${(await answer.text()).slice(0, 500)}`).toMatch(/^200 /);
    }
  });

  test("Terraform's file is read by Terraform itself, where there is one", async () => {
    const { out } = await deploy(1, "--export", "terraform", "-o", "tf", "--max-instances", "3");
    expect(out).toBe(join(world.root, "tf", "main.tf.json"));
    expect(JSON.parse(await readFile(out, "utf8"))).toHaveProperty("resource.aws_sagemaker_endpoint.pix");
    if (missing("terraform") !== undefined) return;
    const env = { ...process.env, TF_CLI_CONFIG_FILE: "/dev/null", CHECKPOINT_DISABLE: "1" };
    expect(execFileSync("terraform", ["providers"], { cwd: join(world.root, "tf"), env, encoding: "utf8" })).toContain(
      "hashicorp/aws",
    );
  });

  test("a batch is a job that ends, and AWS gives the password of its registry", async () => {
    const { code, out, said } = await esteira(
      ...["sagemaker", "transform", "models:/pix/1", "-n", "pix", "--image", world.images[0], "--role", world.role],
      ...["--input", "s3://models/rows/", "--output", "s3://models/scores/", "--job", "pix-batch-1"],
    );
    expect(said).toContain("The job pix-batch-1 is Completed.");
    expect({ code, out }).toEqual({ code: 0, out: "pix-batch-1" });
    const options = { env: world.env };
    const none = async () => undefined;
    const ask = { registry: "123456789012.dkr.ecr.eu-west-1.amazonaws.com", repository: "pix" };
    expect(await withEcr(none, options)(ask)).toEqual({
      kind: "password",
      username: "AWS",
      password: expect.stringContaining("auth-token"),
    });
    expect(await withEcr(none, options)({ ...ask, registry: "ghcr.io" })).toBeUndefined();
    const kept = { kind: "bearer", token: "kept" } as const;
    expect(await withEcr(async () => kept, options)(ask)).toEqual(kept);
  });
});
