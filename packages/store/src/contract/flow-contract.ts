import { flowSpecWire } from "@esteira/core/flow/flow-spec";
import { parsePolicy } from "@esteira/core/policy/policy";
import type { Actor } from "@esteira/core/timeline/entry";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openStore, type Store } from "../open.ts";
import { refused } from "./support.ts";

const LEASE = 30_000;

/** What flows promise, on however many servers. `newUri` names a new, empty database. */
export function describeFlows(name: string, newUri: () => Promise<string>): void {
  describe(`flows in ${name}`, () => {
    let uri = "";
    let store: Store;
    let now = 1_700_000_000_000;
    const open = () => openStore({ uri, artifactRoot: "mlflow-artifacts:/", clock: () => ++now });
    const ana: Actor = { name: "ana", origin: "password" };
    const bia: Actor = { name: "bia", origin: "password" };
    const robot: Actor = { name: "robot", origin: "token", token: "1" };
    const spec = (parts: object = {}) => flowSpecWire.parse(parts);
    const version = async () =>
      (await store.as(ana).createModelVersion({ name: "fraud", source: "s3://b/1", tags: [] })).version;
    const claim = (runner = "one", from = store) =>
      from.flows.claim({ runner, targets: ["local"], leaseMs: LEASE }, robot);
    const active = () => store.flows.list({ isActive: true });
    const actions = async () => {
      const life = await store.timeline.lifeOf("fraud");
      return life.filter(({ action }) => action.startsWith("flow.")).map(({ action, reason }) => `${action} ${reason}`);
    };
    /** Works through the flow as a runner that finds all well. */
    const work = async (until?: string): Promise<string[]> => {
      const done: string[] = [];
      for (;;) {
        const step = await claim();
        if (step === undefined) return done;
        const held = { id: step.flow.id, number: step.flow.number, lease: step.lease };
        if (step.flow.work === until) {
          await store.flows.report(held, { kind: "waiting", reason: "wait", seconds: 0 }, undefined, robot);
          return done;
        }
        done.push(step.flow.work ?? "");
        await store.flows.report(held, { kind: "done" }, { said: step.flow.work }, robot);
      }
    };
    beforeEach(async () => {
      uri = await newUri();
      store = await open();
      await store.as(ana).createRegisteredModel({ name: "fraud", tags: [] });
    });
    afterEach(() => store.close());

    test("begin with each new version of a model that has one, and go to their end, step after step", async () => {
      await version();
      expect(await active()).toEqual([]);
      await store.flows.setSpec("fraud", spec({ canary: {} }), ana);
      await store.setAlias("fraud", "champion", "1");
      expect(await version()).toBe("2");
      const [flow] = await active();
      expect(flow).toMatchObject({ model: "fraud", version: "2", former: "1", work: "stage", startedBy: "ana" });
      const steps = ["stage", "smoke", "approval", "canary", "judge", "promote", "archive"];
      expect(await work()).toEqual(steps);
      const { flow: ended, steps: seen } = await store.flows.get("fraud", flow?.id ?? 0);
      expect(ended).toMatchObject({ outcome: "promoted", number: 7 });
      expect(ended.work).toBeUndefined();
      expect(ended.endedAt).toBeGreaterThan(ended.startedAt);
      expect(seen.map((step) => [step.work, step.claims, step.ending, step.result])).toEqual(
        steps.map((step) => [step, 1, "done", { said: step }]),
      );
      expect((await actions()).slice(1, 4)).toEqual([
        "flow.started begins with stage",
        `flow.moved flow ${ended.id}: stage to smoke`,
        `flow.moved flow ${ended.id}: smoke to approval`,
      ]);
      expect((await actions()).at(-1)).toBe(`flow.ended flow ${ended.id}: archive to promoted`);
      expect(await store.timeline.verify()).toMatchObject({ faults: [], outside: [], found: [] });
    });

    test("give a step to one runner alone, and to another when its lease is over, who may then not report", async () => {
      await store.flows.setSpec("fraud", spec(), ana);
      await version();
      const other = await open();
      try {
        const claims = await Promise.all(Array.from({ length: 8 }, (_, i) => claim(`r${i}`, i % 2 ? other : store)));
        const [first, ...rest] = claims.filter((one) => one !== undefined);
        expect(rest).toEqual([]);
        const held = { id: first?.flow.id ?? 0, number: 1, lease: first?.lease ?? "" };
        now += LEASE - 1000;
        await other.flows.renew(held, LEASE);
        now += 2000;
        expect(await claim("two")).toBeUndefined();
        now += LEASE;
        const second = await claim("two", other);
        expect(second).toMatchObject({ order: first?.order, flow: { number: 1, runner: "two" } });
        expect(second?.steps.at(-1)?.claims).toBe(2);
        const lost = "is not this runner's any more";
        await refused(store.flows.report(held, { kind: "done" }, undefined, robot), "INVALID_PARAMETER_VALUE", lost);
        await refused(store.flows.renew(held, LEASE), "INVALID_PARAMETER_VALUE", lost);
        const own = { ...held, lease: second?.lease ?? "" };
        expect(await store.flows.report(own, { kind: "done" }, undefined, robot)).toMatchObject({ work: "smoke" });
        await refused(other.flows.report(own, { kind: "done" }, undefined, robot), "INVALID_PARAMETER_VALUE", lost);
        expect((await claim())?.order).toBeGreaterThan(first?.order ?? 0);
      } finally {
        await other.close();
      }
    });

    test("two servers that race through many flows do each step once", async () => {
      await store.flows.setSpec("fraud", spec(), ana);
      const other = await open();
      try {
        for (let i = 0; i < 3; i++) await version();
        const done: string[] = [];
        const runner = async (from: Store, as: string): Promise<void> => {
          for (;;) {
            const step = await claim(as, from);
            if (step === undefined) {
              if ((await active()).length === 0) return;
              continue;
            }
            const { id, number, work } = step.flow;
            done.push(`${step.flow.version} ${work}`);
            await from.flows.report({ id, number, lease: step.lease }, { kind: "done" }, undefined, robot);
          }
        };
        await Promise.all([runner(store, "a"), runner(other, "b"), runner(other, "c")]);
        const steps = ["stage", "smoke", "approval", "promote", "archive"];
        // One flow of a model after the other.
        expect(done).toEqual(["1", "2", "3"].flatMap((one) => steps.map((step) => `${one} ${step}`)));
        expect(await store.timeline.verify()).toMatchObject({ faults: [], outside: [], found: [] });
      } finally {
        await other.close();
      }
    });

    test("are cancelled at once, whoever works on them, and put back what they began", async () => {
      await store.flows.setSpec("fraud", spec({ canary: {} }), ana);
      await version();
      await work("canary");
      const step = await claim();
      const ask = { model: "fraud", id: step?.flow.id ?? 0, ask: "cancel", reason: "too slow" } as const;
      expect(await store.flows.ask(ask, bia)).toMatchObject({ work: "undo", outcome: "cancelled", furthest: "canary" });
      const held = { id: ask.id, number: step?.flow.number ?? 0, lease: step?.lease ?? "" };
      await refused(
        store.flows.report(held, { kind: "done" }, undefined, robot),
        "INVALID_PARAMETER_VALUE",
        "any more",
      );
      await refused(store.flows.ask(ask, bia), "INVALID_PARAMETER_VALUE", "undone already (cancelled)");
      expect(await work()).toEqual(["undo"]);
      expect((await store.flows.get("fraud", ask.id)).flow).toMatchObject({
        outcome: "cancelled",
        reason: "by bia: too slow",
      });
      expect((await actions()).at(-1)).toBe(`flow.ended flow ${ask.id}: undo to cancelled (by bia: too slow)`);
    });

    test("past its time a step is given up by whoever looks next; before it is due nobody gets it", async () => {
      await store.flows.setSpec("fraud", spec({ timeouts: { approval: 60 } }), ana);
      await version();
      await work("approval");
      const step = await claim();
      const held = { id: step?.flow.id ?? 0, number: step?.flow.number ?? 0, lease: step?.lease ?? "" };
      await store.flows.report(held, { kind: "waiting", reason: "nobody yet", seconds: 20 }, undefined, robot);
      expect(await claim()).toBeUndefined();
      now += 20_000;
      expect((await claim())?.flow.work).toBe("approval");
      now += 50_000;
      expect((await claim())?.flow).toMatchObject({
        work: "undo",
        outcome: "failed",
        reason: "approval: it was not done in its time (nobody yet)",
      });
    });

    test("know what the policy misses, and take no approval of the author", async () => {
      await store.policies.setPolicy(
        "fraud",
        parsePolicy({ aliases: ["champion"], evidence: { keys: ["0".repeat(64)] } }),
        ana,
      );
      await store.flows.setSpec("fraud", spec({ approval: true }), ana);
      await version();
      await work("approval");
      const id = (await active())[0]?.id ?? 0;
      expect((await store.flows.get("fraud", id)).unmet).toEqual([
        "the version says no digest of its model (tag esteira.model.sha256)",
      ]);
      const ask = { model: "fraud", id, ask: "approve", reason: "" } as const;
      await refused(store.flows.ask(ask, ana), "PERMISSION_DENIED", "its approval is somebody else's");
      expect(await store.flows.ask(ask, bia)).toMatchObject({ work: "approval", approvedBy: "bia" });
      expect((await actions()).at(-1)).toBe(`flow.approved flow ${id}: approval`);
    });

    test("are rolled back after their end, while nothing has come after", async () => {
      await store.flows.setSpec("fraud", spec(), ana);
      await version();
      await work();
      const { id } = (await store.flows.list({ model: "fraud" }))[0]!;
      const ask = { model: "fraud", id, ask: "rollback", reason: "complaints" } as const;
      await refused(
        store.flows.ask(ask, bia),
        "INVALID_PARAMETER_VALUE",
        "the champion of fraud is version none by now",
      );
      await store.setAlias("fraud", "champion", "1");
      await version();
      await refused(store.flows.ask(ask, bia), "INVALID_PARAMETER_VALUE", "is under way: cancel it first");
      const next = (await active())[0]?.id ?? 0;
      await store.flows.ask({ ...ask, id: next, ask: "cancel" }, bia);
      await work();
      expect(await store.flows.ask(ask, bia)).toMatchObject({ work: "undo", outcome: "rolled-back" });
      expect(await work()).toEqual(["undo"]);
    });

    test("refuse what names nothing, and leave nothing behind of a version that was not made", async () => {
      await refused(store.flows.start("fraud", "1", ana), "RESOURCE_DOES_NOT_EXIST", "version=1");
      await refused(store.flows.setSpec("none", spec(), ana), "RESOURCE_DOES_NOT_EXIST", "name=none");
      await refused(store.flows.getSpec("fraud"), "RESOURCE_DOES_NOT_EXIST", "has no deployment flow");
      await refused(store.flows.get("fraud", 7), "RESOURCE_DOES_NOT_EXIST", "has no flow 7");
      await store.flows.setSpec("fraud", spec(), ana);
      await refused(
        store.createModelVersion({ name: "fraud", source: "models:/none/1", tags: [] }),
        "INVALID_PARAMETER_VALUE",
        "none",
      );
      expect(await active()).toEqual([]);
      await version();
      await refused(store.flows.start("fraud", "1", ana), "INVALID_PARAMETER_VALUE", "is under way");
    });

    test("go with their model: renamed, and ended when it is deleted", async () => {
      await store.flows.setSpec("fraud", spec(), ana);
      await version();
      await work("promote");
      await store.as(bia).renameRegisteredModel("fraud", "pix");
      expect(await store.flows.getSpec("pix")).toEqual(spec());
      const [flow] = await active();
      expect(flow).toMatchObject({ model: "pix", work: "promote" });
      await store.as(bia).deleteRegisteredModel("pix");
      expect((await active())[0]).toMatchObject({
        work: "undo",
        outcome: "cancelled",
        reason: "by bia: the model was deleted",
      });
      expect(await store.timeline.verify()).toMatchObject({ faults: [], outside: [], found: [] });
    });
  });
}
