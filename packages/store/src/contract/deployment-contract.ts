import type { Arm } from "@esteira/core/entities/deployment";
import type { Actor } from "@esteira/core/timeline/entry";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ToldChange } from "../deployment/deployments.ts";
import { openStore, type Store } from "../open.ts";
import { refused } from "./support.ts";

const AT = { target: "local", place: "ana@risk" };
const LEASE = 30_000;
const MINUTE = 60_000;

/** What is kept of deployments, on however many servers. `newUri` names a new, empty database. */
export function describeDeployments(name: string, newUri: () => Promise<string>): void {
  describe(`deployments in ${name}`, () => {
    let store: Store;
    let now: number;
    const ana: Actor = { name: "ana", origin: "password" };
    const bia: Actor = { name: "bia", origin: "password" };
    beforeEach(async () => {
      now = 1_700_000_000_000;
      store = await openStore({ uri: await newUri(), artifactRoot: "mlflow-artifacts:/", clock: () => ++now });
      for (const model of ["fraud", "mule"]) {
        await store.as(ana).createRegisteredModel({ name: model, tags: [] });
        for (const source of ["s3://b/1", "s3://b/2"])
          await store.as(ana).createModelVersion({ name: model, source, tags: [] });
      }
    });
    afterEach(() => store.close());

    const primary = (model: string, version: number, share = 1): Arm => ({
      ...{ role: "primary", uri: `models:/${model}/${version}`, share },
    });
    const told = (version: number, more: Partial<ToldChange> = {}): ToldChange => ({
      ...{ ...AT, name: "fraud", kind: "applied", model: "fraud", version: String(version) },
      ...{ arms: [primary("fraud", version)], generation: version, url: "http://127.0.0.1:9000" },
      ...more,
    });
    const record = (version: number, more?: Partial<ToldChange>) => store.deployments.record(told(version, more), ana);
    const changesOf = async (id: number) =>
      (await store.deployments.changes(id)).map(({ kind, version, by }) => `${kind} ${version} by ${by}`);
    const attach = () => store.deployments.claimOrder({ runner: "one", places: [AT], leaseMs: LEASE });

    test("are what was told last, with what was told before, once each, in the timeline too", async () => {
      const { id } = await record(1);
      await record(1);
      const canary: Arm = { role: "canary", uri: "models:/fraud/2", share: 0.05, image: "r/fraud@sha256:22" };
      await store.deployments.record(told(1, { generation: 2, arms: [primary("fraud", 1, 0.95), canary] }), bia);
      const failed = await record(2, {
        kind: "failed",
        note: "it wants a column that is not there",
        former: undefined,
      });
      expect(failed).toMatchObject({ id, state: "serving", version: "1", changedBy: "bia", generation: 2 });
      expect(failed.problem).toBe("it wants a column that is not there");
      expect(failed.arms).toEqual([primary("fraud", 1, 0.95), canary]);
      const last = await record(2, { generation: 3, former: [primary("fraud", 1)] });
      expect(last).toMatchObject({ version: "2", url: "http://127.0.0.1:9000", former: [primary("fraud", 1)] });
      expect(last.problem).toBeUndefined();
      expect(await record(2, { kind: "removed" })).toMatchObject({ state: "removed" });
      await record(2, { kind: "removed" });
      const seen = ["removed 2 by ana", "applied 2 by ana", "failed 2 by ana", "applied 1 by bia", "applied 1 by ana"];
      expect(await changesOf(id)).toEqual(seen);
      const life = (await store.timeline.lifeOf("fraud")).filter(({ action }) => action === "deployment.changed");
      expect(life.map(({ reason }) => reason)).toEqual([
        "local ana@risk: fraud serves primary models:/fraud/1 100 %",
        "local ana@risk: fraud serves primary models:/fraud/1 95 %, canary models:/fraud/2 5 %",
        "local ana@risk: fraud could not serve primary models:/fraud/2 100 % (it wants a column that is not there)",
        "local ana@risk: fraud serves primary models:/fraud/2 100 %",
        "local ana@risk: fraud has ended, with primary models:/fraud/2 100 %",
      ]);
      expect(await store.timeline.verify()).toMatchObject({ faults: [], outside: [], found: [] });
      await refused(record(7), "RESOURCE_DOES_NOT_EXIST", "version=7");
      await refused(store.deployments.get(999), "RESOURCE_DOES_NOT_EXIST", "no deployment 999");
    });

    test("are those of the models that one may see, and go by the name of theirs", async () => {
      await record(1);
      await record(1, { ...{ model: "mule", name: "mule" }, arms: [primary("mule", 1)], former: [primary("mule", 2)] });
      const names = async (query: Parameters<Store["deployments"]["list"]>[0]) =>
        (await store.deployments.list(query)).map((one) => one.name);
      expect(await names({})).toEqual(["mule", "fraud"]);
      expect(await names({ model: "fraud" })).toEqual(["fraud"]);
      const none = { mode: "only", ids: [] } as const;
      expect(await names({ visible: { models: { mode: "only", ids: ["mule"] }, prompts: none } })).toEqual(["mule"]);
      expect(await names({ visible: { models: { mode: "except", ids: ["mule"] }, prompts: none } })).toEqual(["fraud"]);
      await store.as(ana).renameRegisteredModel("mule", "mules");
      expect(await store.deployments.list({ model: "mules" })).toMatchObject([
        { name: "mule", arms: [primary("mules", 1)], former: [primary("mules", 2)] },
      ]);
      await store.as(ana).deleteRegisteredModel("mules");
      expect(await names({})).toEqual(["fraud"]);
    });

    test("are rolled back by one runner at their place, who is there, and once", async () => {
      const { deployments } = store;
      const { id } = await record(1);
      const ask = () => deployments.askRollback({ id, reason: "angry callers" }, bia);
      await refused(ask(), "INVALID_PARAMETER_VALUE", "nothing before");
      await record(2, { former: [primary("fraud", 1)] });
      await refused(ask(), "INVALID_PARAMETER_VALUE", "no runner is attached to local at ana@risk");
      expect(await attach()).toBeUndefined();
      const elsewhere = { runner: "two", places: [{ ...AT, place: "bia@risk" }], leaseMs: LEASE };
      expect(await deployments.claimOrder(elsewhere)).toBeUndefined();
      expect((await deployments.get(id)).runners).toEqual(["one"]);
      const before = await deployments.mark();
      const { order } = await ask();
      expect(order).toMatchObject({ askedBy: "bia", reason: "angry callers", generation: 2 });
      expect(await deployments.mark()).not.toBe(before);
      await refused(ask(), "INVALID_PARAMETER_VALUE", "bia has asked for it");
      expect(await deployments.claimOrder(elsewhere)).toBeUndefined();
      const claims = (await Promise.all([attach(), attach(), attach()])).filter((one) => one !== undefined);
      expect(claims).toMatchObject([{ deployment: { id, former: [primary("fraud", 1)] }, order: { id: order.id } }]);
      expect((await deployments.get(id)).order).toMatchObject({ runner: "one" });
      // Whoever was thought dead has lost it.
      now += LEASE;
      const second = await attach();
      const settle = (lease: string | undefined) =>
        deployments.settleOrder({ id: order.id, lease: lease ?? "", outcome: "done", note: "it serves" });
      await refused(settle(claims[0]?.lease), "INVALID_PARAMETER_VALUE", "not this runner's any more");
      expect(await settle(second?.lease)).toMatchObject({ outcome: "done", note: "it serves", runner: "one" });
      await refused(settle(second?.lease), "INVALID_PARAMETER_VALUE", "not this runner's any more");
      expect(await attach()).toBeUndefined();
      const asked = (await store.timeline.lifeOf("fraud")).filter(
        ({ action }) => action === "deployment.rollback-asked",
      );
      expect(asked).toMatchObject([{ actor: bia, reason: "local ana@risk: fraud: angry callers" }]);
    });

    test("are not rolled back by a runner that comes too late, and a silent runner is not there", async () => {
      const { deployments } = store;
      const { id } = await record(2, { former: [primary("fraud", 1)] });
      await attach();
      await deployments.askRollback({ id, reason: "" }, bia);
      now += 11 * MINUTE;
      expect(await deployments.get(id)).toMatchObject({ runners: [], order: { outcome: "expired" } });
      expect(await attach()).toBeUndefined();
      await deployments.askRollback({ id, reason: "" }, bia);
      expect(await attach()).toMatchObject({ deployment: { id } });
      await record(2, { kind: "removed" });
      await refused(deployments.askRollback({ id, reason: "" }, bia), "INVALID_PARAMETER_VALUE", "has ended");
    });
  });
}
