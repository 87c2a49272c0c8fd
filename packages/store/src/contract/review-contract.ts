import type { ReviewableAlert } from "@esteira/core/entities/review";
import type { Actor } from "@esteira/core/timeline/entry";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openStore, type Store } from "../open.ts";
import { refused } from "./support.ts";

const START = 1_700_000_000_000;
const HOUR = 3_600_000;

/** Alerts for analysts, on however many servers. `newUri` names a new, empty database. */
export function describeReviews(name: string, newUri: () => Promise<string>): void {
  describe(`reviews in ${name}`, () => {
    let store: Store;
    let now: number;
    const [monitor, ana, bia] = ["monitor", "ana", "bia"].map((who): Actor => ({ name: who, origin: "password" })) as [
      Actor,
      Actor,
      Actor,
    ];
    beforeEach(async () => {
      now = START;
      store = await openStore({ uri: await newUri(), artifactRoot: "mlflow-artifacts:/", clock: () => ++now });
      for (const model of ["fraud", "mule"]) await store.as(ana).createRegisteredModel({ name: model, tags: [] });
    });
    afterEach(() => store.close());

    const alert = (decisionId: string, more: Partial<ReviewableAlert> = {}): ReviewableAlert => ({
      ...{ decisionId, version: "1", decidedAt: START - HOUR, score: 0.9, amount: 100, subjects: ["p1"] },
      reasons: [{ feature: "hour", contribution: 1.5, value: "3" }],
      ...more,
    });
    const put = (...alerts: readonly ReviewableAlert[]) =>
      store.reviews.put({ model: "fraud", alerts, currency: "BRL", capacity: 20 }, monitor);
    const list = (query: Partial<Parameters<Store["reviews"]["list"]>[0]> = {}) =>
      store.reviews.list({ model: "fraud", order: "risk", limit: 100, ...query });
    const ids = async (query: Parameters<typeof list>[0] = {}) =>
      (await list(query)).reviews.map(({ decisionId }) => decisionId);
    const judge = (
      decisionId: string,
      revision: number,
      judgement?: "fraud" | "legitimate" | "inconclusive",
      who = ana,
    ) => store.reviews.judge({ model: "fraud", decisionId, revision, judgement }, who);

    test("are listed in order and by what is asked for, with the figures of all", async () => {
      expect((await list()).queue).toBeUndefined();
      const cheap = alert("cheap", { amount: 5, score: 0.99, version: "2", decidedAt: START - 30 * HOUR });
      const { amount: _, ...unknown } = alert("unknown", { reasons: [], score: 0.7 });
      const settled = alert("settled", { known: { label: "fraud", source: "med" } });
      expect(await put(alert("dear", { amount: 5000 }), cheap, unknown, settled)).toEqual({ added: 4 });
      expect(await put(alert("dear", { amount: 4000 }))).toEqual({ added: 0 });
      expect(await ids()).toEqual(["dear", "settled", "cheap", "unknown"]);
      expect(await ids({ order: "score" })).toEqual(["cheap", "dear", "settled", "unknown"]);
      expect(await ids({ order: "amount", limit: 2 })).toEqual(["dear", "settled"]);
      expect((await ids({ order: "oldest" }))[0]).toBe("cheap");
      expect((await ids({ order: "newest" })).at(-1)).toBe("cheap");
      expect(await ids({ state: "waiting" })).toEqual(["dear", "cheap", "unknown"]);
      expect(await ids({ state: "settled" })).toEqual(["settled"]);
      expect(await ids({ version: "2" })).toEqual(["cheap"]);
      expect(await ids({ reason: "hour", minAmount: 50 })).toEqual(["dear", "settled"]);
      const { queue, counts, matching, versions, reasons, reviews } = await list({ state: "waiting", limit: 1 });
      expect(queue).toMatchObject({ capacity: 20, currency: "BRL", filledBy: "monitor" });
      expect(counts).toEqual({
        states: { waiting: 3, fraud: 0, legitimate: 0, inconclusive: 0, settled: 1 },
        ...{ oldestWaiting: START - 30 * HOUR, arrived: 3, judged: 0 },
        riskWaiting: expect.closeTo(4000 * 0.9 + 5 * 0.99),
      });
      expect(matching).toBe(3);
      expect(versions).toEqual([
        { value: "1", count: 2 },
        { value: "2", count: 1 },
      ]);
      expect(reasons).toEqual([{ value: "hour", count: 2 }]);
      expect(reviews[0]).toMatchObject({ ...alert("dear", { amount: 4000 }), state: "waiting", revision: 0 });
      expect(await list({ model: "mule" })).toMatchObject({ matching: 0, reviews: [], counts: { riskWaiting: 0 } });
    });

    test("are judged by whoever has seen the last word, keep every word, and what is told anew changes none", async () => {
      await put(alert("a"));
      const said = { model: "fraud", decisionId: "a", revision: 0, judgement: "fraud", typology: "mule" } as const;
      expect(await store.reviews.judge({ ...said, note: "he called" }, ana)).toMatchObject({
        ...{ state: "fraud", revision: 1, judgedBy: "ana", typology: "mule", note: "he called" },
      });
      await refused(judge("a", 0, "legitimate", bia), "INVALID_PARAMETER_VALUE", "judged by ana meanwhile");
      await put(alert("a", { known: { label: "fraud", source: "med" } }));
      expect((await list()).reviews[0]).toMatchObject({ state: "fraud", revision: 1, known: { source: "med" } });
      expect(await judge("a", 1, undefined, bia)).toMatchObject({ state: "settled", revision: 2, judgedBy: "bia" });
      const { review, changes } = await store.reviews.get("fraud", "a");
      expect(review.typology).toBeUndefined();
      expect(changes).toMatchObject([
        { revision: 2, by: "bia" },
        { revision: 1, by: "ana", judgement: "fraud", typology: "mule", note: "he called" },
      ]);
      expect(changes[0]).not.toHaveProperty("judgement");
      expect((await list()).counts).toMatchObject({ judged: 0, states: { settled: 1, fraud: 0 } });
      await refused(judge("none", 0, "fraud"), "RESOURCE_DOES_NOT_EXIST", "No alert none");
    });

    test("of many who judge one at once, one is taken", async () => {
      await put(alert("a"));
      const all = await Promise.allSettled(
        Array.from({ length: 8 }, (_, i) => judge("a", 0, i % 2 === 0 ? "fraud" : "legitimate", i < 4 ? ana : bia)),
      );
      expect(all.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
      expect((await store.reviews.get("fraud", "a")).changes).toHaveLength(1);
    });

    test("are one window's for a while, which has one at a time", async () => {
      await put(alert("a"), alert("b"));
      const hold = (decisionId: string, holder: string, who: Actor) =>
        store.reviews.hold({ model: "fraud", decisionId, holder }, who);
      expect((await hold("a", "one", ana)).held).toEqual({ by: "ana", holder: "one" });
      expect((await hold("a", "two", bia)).held).toEqual({ by: "ana", holder: "one" });
      await hold("b", "one", ana);
      expect((await hold("a", "two", bia)).held).toEqual({ by: "bia", holder: "two" });
      now += HOUR;
      expect((await list()).reviews.map(({ held }) => held)).toEqual([undefined, undefined]);
      // Whoever judges need not have it: it is a courtesy, and the revision decides.
      await hold("a", "two", bia);
      expect(await judge("a", 0, "fraud", ana)).not.toHaveProperty("held");
    });

    test("become labels, and leave when they did", async () => {
      await put(alert("a"), alert("b"), alert("c"), alert("new", { decidedAt: START }));
      await judge("b", 0, "inconclusive");
      await judge("a", 0, "fraud");
      await judge("new", 0, "legitimate");
      const judged = (after: string) => store.reviews.judged({ model: "fraud", after, limit: 2 });
      const first = await judged("");
      expect(first).toMatchObject([
        { decisionId: "a", revision: 1, judgement: "fraud", decidedAt: START - HOUR },
        { decisionId: "b", judgement: "inconclusive" },
      ]);
      const rest = await judged("b");
      expect(rest).toMatchObject([{ decisionId: "new", judgement: "legitimate" }]);
      expect(await judged("new")).toEqual([]);
      // It is put back after the labels were taken: that is for the next time.
      await judge("a", 1);
      const remove = (seen: Awaited<ReturnType<typeof judged>>) =>
        store.reviews.remove({ model: "fraud", before: START - 1, judged: seen });
      expect(await remove([...first, ...rest])).toBe(2);
      expect((await ids()).sort()).toEqual(["a", "new"]);
      expect(await judged("")).toMatchObject([{ decisionId: "a", revision: 2, judgement: "inconclusive" }, {}]);
      expect(await remove(await judged(""))).toBe(1);
      await refused(store.reviews.get("fraud", "a"), "RESOURCE_DOES_NOT_EXIST", "its time is over");
      // It may come again, and then nobody has judged it.
      await put(alert("a"));
      expect(await store.reviews.get("fraud", "a")).toMatchObject({ review: { revision: 0 }, changes: [] });
    });

    test("go by the name of their model, and go with it", async () => {
      await refused(
        store.reviews.put({ model: "none", alerts: [], currency: "BRL" }, monitor),
        "RESOURCE_DOES_NOT_EXIST",
        "none",
      );
      await put(alert("a"));
      await judge("a", 0, "fraud");
      await store.as(ana).renameRegisteredModel("fraud", "frauds");
      expect(await ids()).toEqual([]);
      expect((await store.reviews.get("frauds", "a")).changes).toHaveLength(1);
      await store.as(ana).deleteRegisteredModel("frauds");
      expect(await list({ model: "frauds" })).toMatchObject({ matching: 0 });
      await store.as(ana).createRegisteredModel({ name: "frauds", tags: [] });
      expect(await ids({ model: "frauds" })).toEqual([]);
    });
  });
}
