import { DELIVERY_STATES, type Delivery } from "@esteira/core/entities/webhook";
import { EsteiraError, notFound } from "@esteira/core/errors";
import type { DueDelivery, WebhookStore } from "@esteira/core/webhook-store";
import { eventFromWire } from "@esteira/core/wire/webhook";
import type { Selectable } from "kysely";
import type { StoreContext } from "../database/context.ts";
import type { Session } from "../database/session.ts";
import type { Database, Tables } from "../database/tables.ts";
import { checkMaxResults, offsetOf, toPage } from "../search/page-token.ts";
import type { WebhookSecrets } from "./webhook-secrets.ts";
import { findWebhook } from "./webhooks.ts";

type DeliveryPart = Pick<
  WebhookStore,
  "listDeliveries" | "replayDelivery" | "claimDeliveries" | "recordAttempt" | "outbox"
>;
type DeliveryRow = Selectable<Tables["esteira_webhook_deliveries"]>;

const DEFAULT_PAGE = 100;
const MAX_PAGE = 1000;

export function deliveryStore(session: Session, context: StoreContext, secrets: WebhookSecrets): DeliveryPart {
  return {
    listDeliveries: async ({ webhookId, maxResults, pageToken }) => {
      const size = checkMaxResults(maxResults, DEFAULT_PAGE, MAX_PAGE);
      const offset = offsetOf(pageToken);
      return session.read(async (db) => {
        await findWebhook(db, webhookId);
        const rows = await db
          .selectFrom("esteira_webhook_deliveries")
          .selectAll()
          .where("webhook_id", "=", webhookId)
          .orderBy("created_at", "desc")
          .orderBy("delivery_id")
          .limit(size + 1)
          .offset(offset)
          .execute();
        const page = toPage(rows, offset, size);
        return { ...page, items: page.items.map(toDelivery) };
      });
    },
    replayDelivery: (webhookId, deliveryId) =>
      session.write(async (db) => {
        await findWebhook(db, webhookId);
        const row = await findDelivery(db, deliveryId);
        if (row.webhook_id !== webhookId) throw unknown(deliveryId);
        if (row.state === "pending") {
          throw new EsteiraError(
            "BAD_REQUEST",
            `Delivery ${deliveryId} is still under way: it can be replayed when it was delivered or has failed.`,
          );
        }
        await db
          .updateTable("esteira_webhook_deliveries")
          .set({ state: "pending", attempts: 0, next_attempt_at: context.clock(), error: null, response_status: null })
          .where("delivery_id", "=", deliveryId)
          .execute();
        return toDelivery(await findDelivery(db, deliveryId));
      }),
    claimDeliveries: async (limit, leaseMs) => {
      // Most looks find nothing: they must not cost a write.
      if (!(await session.read((db) => isAnythingDue(db, context.clock())))) return [];
      return session.write((db) => claim(db, context.clock(), limit, leaseMs, secrets));
    },
    recordAttempt: (deliveryId, { responseStatus, error, retryAt }) =>
      session.write(async (db) => {
        const over = error === undefined || retryAt === undefined;
        await db
          .updateTable("esteira_webhook_deliveries")
          .set({
            state: error === undefined ? "delivered" : over ? "failed" : "pending",
            response_status: responseStatus ?? null,
            error: error ?? null,
            next_attempt_at: over ? context.clock() : retryAt,
          })
          .where("delivery_id", "=", deliveryId)
          // A webhook that was deleted meanwhile has ended its deliveries.
          .where("state", "=", "pending")
          .execute();
      }),
    outbox: () =>
      session.read(async (db) => {
        const { pending, oldest } = await db
          .selectFrom("esteira_webhook_deliveries")
          .where("state", "=", "pending")
          .select(({ fn }) => [fn.countAll().as("pending"), fn.min("created_at").as("oldest")])
          .executeTakeFirstOrThrow();
        return { pending: Number(pending), ...(oldest === null ? {} : { oldest: Number(oldest) }) };
      }),
  };
}

const due = (db: Database, now: number) =>
  db.selectFrom("esteira_webhook_deliveries").where("state", "=", "pending").where("next_attempt_at", "<=", now);

const isAnythingDue = async (db: Database, now: number): Promise<boolean> =>
  (await due(db, now).select("delivery_id").limit(1).executeTakeFirst()) !== undefined;

/** The attempt counts when it is claimed: one that kills its process must not be tried for ever. */
async function claim(
  db: Database,
  now: number,
  limit: number,
  leaseMs: number,
  secrets: WebhookSecrets,
): Promise<readonly DueDelivery[]> {
  const rows = await due(db, now)
    .innerJoin("webhooks", "webhooks.webhook_id", "esteira_webhook_deliveries.webhook_id")
    .selectAll("esteira_webhook_deliveries")
    .select(["webhooks.url", "webhooks.secret"])
    .orderBy("created_at")
    .orderBy("delivery_id")
    .limit(limit)
    .execute();
  const claimed: DueDelivery[] = [];
  for (const { url, secret, ...row } of rows) {
    const { numUpdatedRows } = await db
      .updateTable("esteira_webhook_deliveries")
      .set({ next_attempt_at: now + leaseMs, attempts: row.attempts + 1 })
      .where("delivery_id", "=", row.delivery_id)
      .where("state", "=", "pending")
      .where("next_attempt_at", "<=", now)
      .executeTakeFirst();
    // Another server was faster.
    if (Number(numUpdatedRows) !== 1) continue;
    const delivery = toDelivery({ ...row, attempts: row.attempts + 1 });
    try {
      claimed.push({ ...delivery, url, ...(secret === null ? {} : { secret: secrets.decrypt(secret) }) });
    } catch (error) {
      if (!(error instanceof EsteiraError)) throw error;
      // Unsigned it must not go out, and it must not keep the others from going.
      await db
        .updateTable("esteira_webhook_deliveries")
        .set({ state: "failed", error: error.message, next_attempt_at: now })
        .where("delivery_id", "=", delivery.id)
        .execute();
    }
  }
  return claimed;
}

const unknown = (id: string) => notFound(`Webhook delivery with ID ${id} not found.`);

async function findDelivery(db: Database, id: string): Promise<DeliveryRow> {
  const row = await db
    .selectFrom("esteira_webhook_deliveries")
    .selectAll()
    .where("delivery_id", "=", id)
    .executeTakeFirst();
  if (row === undefined) throw unknown(id);
  return row;
}

const toDelivery = (row: DeliveryRow): Delivery => ({
  id: row.delivery_id,
  webhookId: row.webhook_id,
  event: eventFromWire(row),
  body: row.body,
  state: DELIVERY_STATES.find((state) => state === row.state) ?? "failed",
  attempts: row.attempts,
  createdAt: row.created_at,
  nextAttemptAt: row.next_attempt_at,
  ...(row.response_status === null ? {} : { responseStatus: row.response_status }),
  ...(row.error === null ? {} : { error: row.error }),
});
