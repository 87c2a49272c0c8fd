import { dirname, join } from "node:path";
import type { SaidSettings } from "@esteira/deploy/sagemaker/settings";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { findOracle } from "../compat/oracle.ts";
import { run } from "../containers/programs.ts";
import { nowhere, startWorld, type World } from "./world.ts";

const name = `pix-test-${Date.now() % 1_000_000}`;

describe.skipIf(nowhere())("a deployment on SageMaker", () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld();
  });
  afterEach(() => world.target().remove(name));
  afterAll(() => world?.stop());

  const wanted = (version: 1 | 2, more: object = {}) => ({
    ...{ name, model: `models:/pix/${version}`, image: world.images[version - 1] ?? "" },
    ...more,
  });
  const answers = async (): Promise<readonly [string, string]> => {
    const target = world.target();
    await target.apply(wanted(1));
    const first = (await world.invoke(name)).text;
    await target.apply(wanted(2));
    return [first, (await world.invoke(name)).text];
  };
  const left = async (): Promise<readonly string[]> => {
    const client = await world.aws.sagemaker();
    const [models, configs, endpoints] = await Promise.all([
      client.listModels({ NameContains: name }),
      client.listEndpointConfigs({ NameContains: name }),
      client.listEndpoints({}),
    ]);
    return [
      ...(models.Models ?? []).map(({ ModelName }) => ModelName ?? ""),
      ...(configs.EndpointConfigs ?? []).map(({ EndpointConfigName }) => EndpointConfigName ?? ""),
      ...(endpoints.Endpoints ?? []).map(({ EndpointName }) => EndpointName ?? "").filter((one) => one === name),
    ];
  };

  test("comes about, is the same when applied again, changes, goes back, and leaves nothing", async () => {
    const target = world.target();
    const plan = await target.plan(wanted(1));
    expect(plan[0]).toBe(`serve models:/pix/1 as ${name}`);
    expect(plan).toContain(`create the endpoint ${name}`);
    expect(await left()).toEqual([]);
    const status = await target.apply(wanted(1));
    expect(status).toMatchObject({ state: "serving", generation: 1, restarts: 0, wanted: wanted(1) });
    expect(await target.plan(wanted(1))).toEqual([]);
    expect(await target.apply(wanted(1))).toEqual(status);
    expect(await target.list()).toContainEqual(status);
    const first = await world.invoke(name);
    expect(first.variant).toBe("primary");
    expect(JSON.parse(first.text)).toHaveProperty("predictions");

    expect(await target.plan(wanted(2))).toContain("serve models:/pix/2 in place of models:/pix/1");
    expect(await target.apply(wanted(2))).toMatchObject({ generation: 2, former: { model: "models:/pix/1" } });
    expect((await world.invoke(name)).text).not.toBe(first.text);
    const back = await target.rollback(name);
    expect(back).toMatchObject({ generation: 3, wanted: wanted(1), former: { model: "models:/pix/2" } });
    expect((await world.invoke(name)).text).toBe(first.text);
    // Two configurations: of what serves, and of what was before.
    expect((await left()).filter((one) => one.includes("-esteira-g"))).toHaveLength(2);

    expect(await target.remove(name)).toBe(true);
    expect(await left()).toEqual([]);
    expect(await target.remove(name)).toBe(false);
    expect(await target.status(name)).toBeUndefined();
    await expect(target.rollback(name)).rejects.toThrow(`Nothing is deployed on SageMaker under the name ${name}.`);
  });

  test("has a canary whose share is moved without new instances, and is promoted", async () => {
    const [first, second] = await answers();
    const canary = (share: number) => ({ canary: { model: "models:/pix/2", image: world.images[1], share } });
    const target = world.target();
    await target.apply(wanted(1, canary(0)));
    expect(new Set(await texts(10))).toEqual(new Set([first]));
    expect(await target.plan(wanted(1, canary(1)))).toEqual([
      "begin models:/pix/2 as the canary of 100 % of the requests",
      `move the weights of the endpoint ${name}`,
    ]);
    const before = (await target.status(name))?.generation ?? 0;
    expect(await target.apply(wanted(1, canary(1)))).toMatchObject({
      generation: before + 1,
      wanted: canary(1),
      former: canary(0),
    });
    expect(new Set(await texts(10))).toEqual(new Set([second]));
    await target.apply(wanted(1, canary(0.5)));
    expect(new Set(await texts(60))).toEqual(new Set([first, second]));
    expect(await target.rollback(name)).toMatchObject({ wanted: canary(1) });
    expect(await target.apply(wanted(2))).toMatchObject({ wanted: wanted(2), former: canary(1) });
    expect(new Set(await texts(5))).toEqual(new Set([second]));
  });
  const texts = async (count: number): Promise<readonly string[]> => {
    const all: string[] = [];
    for (let n = 0; n < count; n++) all.push((await world.invoke(name)).text);
    return all;
  };

  test("has a shadow that is asked and never heard, and CloudWatch says how all have done", async () => {
    const target = world.target();
    await target.apply(wanted(1));
    const { text } = await world.invoke(name);
    const shadow = { shadow: "models:/pix/2", shadowImage: world.images[1] };
    expect(await target.apply(wanted(1, shadow))).toMatchObject({ wanted: shadow, generation: 2 });
    expect(new Set(await texts(5))).toEqual(new Set([text]));
    // Only whole minutes after the change count.
    const seen = async () => {
      await world.invoke(name);
      await expect(world.invoke(name, "no json")).rejects.toThrow();
      return (await target.observe(name))?.primary.requests;
    };
    await expect.poll(seen, { timeout: 600_000, interval: 2000 }).toBeGreaterThanOrEqual(4);
    expect(await target.observe(name)).toMatchObject({
      generation: 2,
      canary: { requests: 0 },
      shadow: { compared: 0 },
    });
    if (world.standIn === undefined) return;
    expect((await target.observe(name))?.primary.failed).toBeGreaterThanOrEqual(1);
    expect((await target.logs(name, 100)).join("\n")).toMatch(/^\[primary\] Serving pix/m);
    expect((await target.logs(name, 100)).join("\n")).toMatch(/^\[shadow\] Serving pix/m);
  });

  test("takes a model from S3 in the image's place", async () => {
    const [, second] = await answers();
    await world.target({}, { primary: world.modelData }).apply(wanted(1));
    expect((await world.invoke(name)).text).toBe(second);
  });

  test("is led over by guardrails, and an alarm undoes it", async () => {
    const metrics = await world.aws.metrics();
    const AlarmName = `${name}-errors`;
    await metrics.putMetricAlarm({
      ...{ AlarmName, Namespace: "AWS/SageMaker", MetricName: "Invocation5XXErrors", Statistic: "Sum", Period: 60 },
      ...{ EvaluationPeriods: 1, Threshold: 0, ComparisonOperator: "GreaterThanThreshold", TreatMissingData: "ignore" },
      Dimensions: [{ Name: "EndpointName", Value: name }],
    });
    try {
      await world.target().apply(wanted(1));
      const { text } = await world.invoke(name);
      const guarded: SaidSettings = {
        strategy: "linear",
        stepPercent: 50,
        stepSeconds: 1,
        keepSeconds: 0,
        alarms: [AlarmName],
      };
      const target = world.target(guarded, {}, (line) => {
        if (line.includes("is Updating"))
          void metrics.setAlarmState({ AlarmName, StateValue: "ALARM", StateReason: "a test" });
      });
      expect((await target.plan(wanted(2))).join("\n")).toContain(
        `in steps of 50 % every 1 seconds; undone by the alarms ${AlarmName}`,
      );
      await expect(target.apply(wanted(2))).rejects.toThrow(/cannot be changed, and is as it was: .*alarm/i);
      expect(await target.status(name)).toMatchObject({ state: "serving", wanted: { model: "models:/pix/1" } });
      expect((await world.invoke(name)).text).toBe(text);
      await metrics.setAlarmState({ AlarmName, StateValue: "OK", StateReason: "a test" });
      expect(await world.target(guarded).apply(wanted(2))).toMatchObject({ state: "serving", wanted: wanted(2) });
    } finally {
      await metrics.deleteAlarms({ AlarmNames: [AlarmName] });
    }
    await expect(world.target({ alarms: ["no-such-alarm"] }).apply(wanted(1))).rejects.toThrow(
      "is to be undone by no-such-alarm, and CloudWatch has no such alarm",
    );
  });

  test("that cannot begin leaves nothing and says why; one that cannot change is as it was", async () => {
    const broken = world.target({ env: { ESTEIRA_MODEL: "/nowhere" } });
    await expect(broken.apply(wanted(1))).rejects.toThrow(
      /nothing of it is left: .*did not pass the ping health check/,
    );
    expect(await left()).toEqual([]);
    await world.target().apply(wanted(1));
    const { text } = await world.invoke(name);
    const before = await left();
    await expect(broken.apply(wanted(2))).rejects.toThrow(/and is as it was: .*did not pass the ping health check/);
    expect((await world.invoke(name)).text).toBe(text);
    expect(await left()).toEqual(before);
  });

  test("is scaled between its fewest and most instances, until it is not", async () => {
    const scaling = await world.aws.scaling();
    const seen = async () =>
      (
        await scaling.describeScalableTargets({
          ServiceNamespace: "sagemaker",
          ResourceIds: [`endpoint/${name}/variant/primary`],
        })
      ).ScalableTargets ?? [];
    await world.target({ maxInstances: 3, scaleTarget: 200 }).apply(wanted(1));
    expect(await seen()).toMatchObject([{ MinCapacity: 1, MaxCapacity: 3 }]);
    const { ScalingPolicies = [] } = await scaling.describeScalingPolicies({ ServiceNamespace: "sagemaker" });
    expect(ScalingPolicies.filter(({ ResourceId }) => ResourceId?.includes(name))).toMatchObject([
      { TargetTrackingScalingPolicyConfiguration: { TargetValue: 200 } },
    ]);
    await world.target({ maxInstances: 1 }).apply(wanted(1));
    expect(await seen()).toEqual([]);
  });

  test("is interrupted, and the same command goes on; another one is told who is at work", async () => {
    const stop = new AbortController();
    const target = world.target({}, {}, () => stop.abort(new Error("stopped")));
    await expect(target.apply(wanted(1), { signal: stop.signal })).rejects.toThrow("stopped");
    expect((await world.target().status(name))?.state).toBe("starting");
    await expect(world.target().apply(wanted(2))).rejects.toThrow(`Somebody else is changing the deployment ${name}`);
    expect(await world.target().apply(wanted(1))).toMatchObject({ state: "serving", generation: 1 });
  });

  test("of two who deploy at once, one is told that somebody else is at work, or both are done", async () => {
    await world.target().apply(wanted(1));
    const outcomes = await Promise.allSettled([
      world.target({ env: { A: "1" } }).apply(wanted(1)),
      world.target().apply(wanted(2)),
    ]);
    const refused = outcomes.flatMap((one) => (one.status === "rejected" ? [String(one.reason)] : []));
    for (const reason of refused) expect(reason).toContain("Somebody else is changing");
    expect(refused.length).toBeLessThan(2);
    expect((await world.target().status(name))?.state).toBe("serving");
  });

  test("refuses a change that is older than the newest, even after its removal", async () => {
    const target = world.target();
    await target.apply(wanted(1), { order: 5 });
    await expect(target.apply(wanted(2), { order: 4 })).rejects.toThrow("comes after change 5, which is newer");
    await target.remove(name, { order: 6 });
    await expect(target.apply(wanted(1), { order: 5 })).rejects.toThrow("comes after change 6, which is newer");
    const client = await world.aws.sagemaker();
    await client.deleteEndpointConfig({ EndpointConfigName: `${name}-esteira-g0` });
  });

  test("fails altogether, and what was before is brought back", async ({ skip }) => {
    const { standIn } = world;
    if (standIn === undefined) return skip("AWS does not fail when it is told to");
    const target = world.target();
    await target.apply(wanted(1));
    const { text } = await world.invoke(name);
    for (const doom of ["Failed", "UpdateRollbackFailed"] as const) {
      standIn.endpoints.doomed.set(name, doom);
      await expect(target.apply(wanted(2))).rejects.toThrow(
        /cannot be changed, and is as it was: (An internal|The rollback)/,
      );
      expect(await target.status(name)).toMatchObject({ state: "serving", wanted: wanted(1) });
      expect((await world.invoke(name)).text).toBe(text);
    }
  });

  test("is asked for again when there were too many requests", async ({ skip }) => {
    const { standIn } = world;
    if (standIn === undefined) return skip("AWS does not refuse when it is told to");
    standIn.throttle(4);
    expect(await world.target().apply(wanted(1))).toMatchObject({ state: "serving" });
  });

  test("whose weights somebody else has moved gets its own again", async () => {
    const canary = { canary: { model: "models:/pix/2", image: world.images[1], share: 0.25 } };
    const status = await world.target().apply(wanted(1, canary));
    const client = await world.aws.sagemaker();
    const DesiredWeightsAndCapacities = [{ VariantName: "canary", DesiredWeight: 3 }];
    await client.updateEndpointWeightsAndCapacities({ EndpointName: name, DesiredWeightsAndCapacities });
    await expect.poll(async () => (await world.target().status(name))?.state, { timeout: 600_000 }).toBe("serving");
    expect(await world.target().apply(wanted(1, canary))).toEqual(status);
    const { ProductionVariants = [] } = await client.describeEndpoint({ EndpointName: name });
    expect(ProductionVariants.map(({ CurrentWeight }) => CurrentWeight)).toEqual([0.75, 0.25]);
  });

  test("is asked by the real MLflow, which finds it where it looks for its own", async ({ skip }) => {
    const { standIn } = world;
    const oracle = findOracle();
    if (standIn === undefined || "missing" in oracle)
      return skip("missing" in oracle ? oracle.missing : "by the stand-in alone");
    await world.target().apply(wanted(1));
    const script = [
      "import sys, pandas, boto3",
      "from mlflow.deployments import get_deploy_client",
      "client = get_deploy_client('sagemaker:/eu-west-1')",
      "print(client.get_deployment(sys.argv[1])['EndpointStatus'])",
      "print(sys.argv[1] in [one['EndpointName'] for one in client.list_deployments()])",
      "rows = pandas.DataFrame([[1.0, 2, 3, 4, 5, 6]], columns=list('abcdef'))",
      "print(client.predict(sys.argv[1], rows).to_json())",
    ].join("\n");
    const python = join(dirname(process.env.ESTEIRA_MOTO ?? ""), "python");
    const beside = (await run(python, ["-c", "import site; print(site.getsitepackages()[0])"])).stdout.trim();
    const env = { ...process.env, PYTHONPATH: beside, MLFLOW_DISABLE_TELEMETRY: "true" };
    // Not waited for by standing still: the stand-in is in this process.
    const said = await run(oracle.python, ["-c", script, name], { env }).catch((error: Error) => ({
      stdout: "",
      stderr: error.message,
    }));
    if (/No module named 'boto/.test(said.stderr)) return skip("boto3 is for another Python than MLflow");
    expect(`${said.stderr.slice(-2000)}${said.stdout}`).toContain("InService\nTrue\n");
    const [, answer = ""] = said.stdout.split("True\n");
    expect(JSON.parse(answer)).toEqual(JSON.parse((await world.invoke(name)).text));
  });

  test("an endpoint that is not ours is left alone", async ({ skip }) => {
    const { standIn } = world;
    if (standIn === undefined) return skip("it would cost an endpoint");
    const client = await world.aws.sagemaker();
    const foreign = `${name}-foreign`;
    await client.createModel({
      ModelName: foreign,
      ExecutionRoleArn: world.role,
      PrimaryContainer: { Image: world.images[0] },
    });
    await client.createEndpointConfig({
      EndpointConfigName: foreign,
      ProductionVariants: [
        { VariantName: "all", ModelName: foreign, InitialInstanceCount: 1, InstanceType: "ml.m5.large" },
      ],
    });
    await client.createEndpoint({ EndpointName: foreign, EndpointConfigName: foreign });
    await expect(world.target().apply({ ...wanted(1), name: foreign })).rejects.toThrow("was not made by esteira");
    await expect(world.target().remove(foreign)).rejects.toThrow("was not made by esteira");
    expect(await world.target().list()).toEqual([]);
    await expect
      .poll(async () => (await client.describeEndpoint({ EndpointName: foreign })).EndpointStatus, { timeout: 60_000 })
      .toBe("InService");
    await client.deleteEndpoint({ EndpointName: foreign });
    await client.deleteEndpointConfig({ EndpointConfigName: foreign });
    await client.deleteModel({ ModelName: foreign });
  });
});
