import type { WebhookEvent } from "@esteira/core/entities/webhook";
import type { RegistryStore } from "@esteira/core/registry-store";
import type { DueDelivery, WebhookStore } from "@esteira/core/webhook-store";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type OpenStore, refused } from "./support.ts";

const CREATED: WebhookEvent = { entity: "registered_model", action: "created" };
const LEASE_MS = 10_000;
const URL = "https://hooks.example/pix";

/**
 * What every WebhookStore promises, with the registry whose events it carries. `open` gives an empty store with a key
 * for secrets and a clock that stands at `now()`.
 */
export function describeWebhookStore(
  name: string,
  open: OpenStore<RegistryStore & WebhookStore>,
  time: { now: number },
): void {
  describe(`webhooks in ${name}`, () => {
    let store: Awaited<ReturnType<typeof open>>;
    let count = 0;
    beforeAll(async () => {
      store = await open();
    });
    afterAll(() => store.close());

    const claim = () => store.claimDeliveries(100, LEASE_MS);
    const newWebhook = (
      events: readonly WebhookEvent[],
      more: { secret?: string; status?: "ACTIVE" | "DISABLED" } = {},
    ) => store.createWebhook({ name: `hook-${++count}`, url: URL, events, ...more });
    /** Empties the outbox and gives what one webhook got. */
    const take = async (webhookId: string): Promise<readonly { entity: string; action: string; data: unknown }[]> => {
      const claimed: readonly DueDelivery[] = await claim();
      for (const { id } of claimed) await store.recordAttempt(id, { responseStatus: 200 });
      return claimed
        .filter((delivery) => delivery.webhookId === webhookId)
        .map(({ body }) => JSON.parse(body))
        .map(({ entity, action, data }) => ({ entity, action, data }));
    };

    test("a webhook keeps what it was given, and never shows its secret", async () => {
      const created = await store.createWebhook({
        name: "pix.hook-1",
        url: URL,
        events: [CREATED, CREATED, { entity: "model_version_alias", action: "deleted" }],
        description: "tells the desk",
        secret: "segredo",
      });
      expect(created).toMatchObject({ name: "pix.hook-1", url: URL, status: "ACTIVE", description: "tells the desk" });
      expect(created.events).toHaveLength(2);
      expect(JSON.stringify(created)).not.toContain("segredo");
      expect(await store.getWebhook(created.id)).toEqual(created);
      expect(await store.webhookSecret(created.id)).toBe("segredo");
      const changed = await store.updateWebhook(created.id, { status: "DISABLED", secret: "", events: [CREATED] });
      expect(changed).toMatchObject({ status: "DISABLED", description: "tells the desk", events: [CREATED] });
      expect(await store.webhookSecret(created.id)).toBeUndefined();
    });

    test("bad names, no events and unknown ids are refused", async () => {
      for (const name of ["bad name!", "-a", "a-", "", "w".repeat(64)]) {
        const made = store.createWebhook({ name, url: URL, events: [CREATED] });
        await refused(made, "INVALID_PARAMETER_VALUE", `Webhook name '${name}' is invalid.`);
      }
      const empty = store.createWebhook({ name: "w", url: URL, events: [] });
      await refused(empty, "INVALID_PARAMETER_VALUE", "Webhook events must be a non-empty list");
      const missing = ["RESOURCE_DOES_NOT_EXIST", "Webhook with ID nope not found."] as const;
      await refused(store.getWebhook("nope"), ...missing);
      await refused(store.updateWebhook("nope", { name: "x" }), ...missing);
      await refused(store.deleteWebhook("nope"), ...missing);
      await refused(store.listDeliveries({ webhookId: "nope" }), ...missing);
    });

    test("the outbox says how much is in it and since when", async () => {
      const { id } = await newWebhook([CREATED]);
      await take(id);
      expect(await store.outbox()).toEqual({ pending: 0 });
      const began = time.now;
      await store.createRegisteredModel({ name: `outbox-${++count}`, tags: [] });
      time.now += 5;
      await store.createRegisteredModel({ name: `outbox-${++count}`, tags: [] });
      expect(await store.outbox()).toEqual({ pending: 2, oldest: began });
      // Whoever sends them has not yet done so.
      const claimed = await claim();
      expect(await store.outbox()).toEqual({ pending: 2, oldest: began });
      for (const delivery of claimed) await store.recordAttempt(delivery.id, { responseStatus: 200 });
      expect(await store.outbox()).toEqual({ pending: 0 });
      await store.deleteWebhook(id);
    });

    test("lists go by pages", async () => {
      for (let i = 0; i < 3; i++) await newWebhook([CREATED]);
      const all = (await store.listWebhooks({})).items;
      const first = await store.listWebhooks({ maxResults: 2 });
      const rest = await store.listWebhooks({ maxResults: 1000, pageToken: first.nextPageToken ?? "" });
      expect([...first.items, ...rest.items]).toEqual(all);
      await refused(store.listWebhooks({ maxResults: 1001 }), "INVALID_PARAMETER_VALUE", "between 1 and 1000");
    });

    test("each event of the registry is written for who asked for it, in MLflow's words", async () => {
      const { id } = await newWebhook([
        CREATED,
        { entity: "model_version", action: "created" },
        { entity: "model_version_tag", action: "set" },
        { entity: "model_version_tag", action: "deleted" },
        { entity: "model_version_alias", action: "created" },
        { entity: "model_version_alias", action: "deleted" },
      ]);
      const other = await newWebhook([{ entity: "prompt", action: "created" }]);
      await store.createRegisteredModel({ name: "pix", description: "x", tags: [{ key: "a", value: "b" }] });
      await store.setRegisteredModelTag("pix", { key: "told", value: "nobody" });
      await store.createModelVersion({ name: "pix", source: "s3://bucket/m", tags: [{ key: "t", value: "1" }] });
      await store.setModelVersionTag("pix", "1", { key: "k", value: "v" });
      await store.setAlias("pix", "champion", "1");
      await store.deleteModelVersionTag("pix", "1", "k");
      await store.deleteAlias("pix", "champion");
      const version = { name: "pix", version: "1" };
      expect(await take(id)).toEqual([
        { ...CREATED, data: { name: "pix", tags: { a: "b" }, description: "x" } },
        {
          entity: "model_version",
          action: "created",
          data: { ...version, source: "s3://bucket/m", run_id: null, tags: { t: "1" }, description: null },
        },
        { entity: "model_version_tag", action: "set", data: { ...version, key: "k", value: "v" } },
        { entity: "model_version_alias", action: "created", data: { ...version, alias: "champion" } },
        { entity: "model_version_tag", action: "deleted", data: { ...version, key: "k" } },
        { entity: "model_version_alias", action: "deleted", data: { name: "pix", alias: "champion" } },
      ]);
      expect((await store.listDeliveries({ webhookId: other.id })).items).toEqual([]);
    });

    test("a prompt's events bear its own names", async () => {
      const isPrompt = { key: "mlflow.prompt.is_prompt", value: "true" };
      const { id } = await newWebhook([
        { entity: "prompt", action: "created" },
        { entity: "prompt_version", action: "created" },
        { entity: "prompt_tag", action: "set" },
        { entity: "prompt_tag", action: "deleted" },
        { entity: "prompt_version_tag", action: "set" },
        { entity: "prompt_alias", action: "created" },
      ]);
      await store.createRegisteredModel({ name: "ask", tags: [isPrompt, { key: "team", value: "x" }] });
      await store.createModelVersion({
        name: "ask",
        source: "dummy-source",
        tags: [isPrompt, { key: "mlflow.prompt.text", value: "Hi {{you}}" }, { key: "lang", value: "pt" }],
      });
      await store.setRegisteredModelTag("ask", { key: "k", value: "v" });
      await store.deleteRegisteredModelTag("ask", "k");
      await store.setModelVersionTag("ask", "1", { key: "k", value: "v" });
      await store.setAlias("ask", "live", "1");
      expect((await take(id)).map(({ entity, action, data }) => [entity, action, data])).toEqual([
        ["prompt", "created", { name: "ask", tags: { team: "x" }, description: "" }],
        [
          "prompt_version",
          "created",
          { name: "ask", version: "1", template: "Hi {{you}}", tags: { lang: "pt" }, description: null },
        ],
        ["prompt_tag", "set", { name: "ask", key: "k", value: "v" }],
        ["prompt_tag", "deleted", { name: "ask", key: "k" }],
        ["prompt_version_tag", "set", { name: "ask", version: "1", key: "k", value: "v" }],
        ["prompt_alias", "created", { name: "ask", alias: "live", version: "1" }],
      ]);
    });

    test("what is refused makes no event, nor does a webhook that is off or gone", async () => {
      const { id } = await newWebhook([CREATED]);
      const off = await newWebhook([CREATED], { status: "DISABLED" });
      const gone = await newWebhook([CREATED]);
      await store.deleteWebhook(gone.id);
      await store.createRegisteredModel({ name: "once", tags: [] });
      await refused(store.createRegisteredModel({ name: "once", tags: [] }), "RESOURCE_ALREADY_EXISTS", "once");
      expect(await take(id)).toHaveLength(1);
      expect((await store.listDeliveries({ webhookId: off.id })).items).toEqual([]);
    });

    test("a claimed delivery is nobody else's until its lease ends; then it is tried again", async () => {
      const { id } = await newWebhook([CREATED], { secret: "s" });
      await store.createRegisteredModel({ name: "leased", tags: [] });
      const mine = async () => (await claim()).filter((delivery) => delivery.webhookId === id);
      const [first] = await mine();
      expect(first).toMatchObject({ attempts: 1, state: "pending", secret: "s", url: URL });
      expect(await mine()).toEqual([]);
      time.now += LEASE_MS + 1;
      const [second] = await mine();
      expect(second).toMatchObject({ id: first?.id, body: first?.body, attempts: 2 });
      await store.recordAttempt(first?.id ?? "", {
        error: "HTTP 500",
        responseStatus: 500,
        retryAt: time.now + 60_000,
      });
      time.now += LEASE_MS + 1;
      expect(await mine()).toEqual([]);
      time.now += 60_000;
      expect(await mine()).toHaveLength(1);
      await store.recordAttempt(first?.id ?? "", { error: "HTTP 500", responseStatus: 500 });
      expect((await store.listDeliveries({ webhookId: id })).items).toMatchObject([
        { id: first?.id, state: "failed", attempts: 3, responseStatus: 500, error: "HTTP 500" },
      ]);
    });

    test("a delivery that is over can be replayed, one under way cannot", async () => {
      const { id } = await newWebhook([CREATED]);
      await store.createRegisteredModel({ name: "again", tags: [] });
      const [delivery] = (await store.listDeliveries({ webhookId: id })).items;
      const replay = () => store.replayDelivery(id, delivery?.id ?? "");
      await refused(replay(), "BAD_REQUEST", "is still under way");
      await take(id);
      expect(await replay()).toMatchObject({ state: "pending", attempts: 0, body: delivery?.body });
      expect(await take(id)).toHaveLength(1);
      await refused(store.replayDelivery(id, "nope"), "RESOURCE_DOES_NOT_EXIST", "delivery with ID nope");
    });
  });
}
