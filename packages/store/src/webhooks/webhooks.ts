import { randomUUID } from "node:crypto";
import { WEBHOOK_STATUSES, type Webhook, type WebhookEvent } from "@esteira/core/entities/webhook";
import { invalid, notFound } from "@esteira/core/errors";
import type { WebhookStore } from "@esteira/core/webhook-store";
import { eventFromWire } from "@esteira/core/wire/webhook";
import type { Selectable } from "kysely";
import type { StoreContext } from "../database/context.ts";
import type { Session } from "../database/session.ts";
import { groupBy, inList } from "../database/sql.ts";
import { type Database, type Tables, WORKSPACE } from "../database/tables.ts";
import { offsetOf, toPage } from "../search/page-token.ts";
import type { WebhookSecrets } from "./webhook-secrets.ts";

type WebhookPart = Pick<
  WebhookStore,
  "createWebhook" | "getWebhook" | "listWebhooks" | "updateWebhook" | "deleteWebhook" | "webhookSecret"
>;
type WebhookRow = Selectable<Tables["webhooks"]>;

const DEFAULT_PAGE = 100;
const MAX_PAGE = 1000;
const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;

/** The URL is not checked here: where a server may connect to is the server's to decide. */
export function webhookStore(session: Session, context: StoreContext, secrets: WebhookSecrets): WebhookPart {
  return {
    createWebhook: async (input) => {
      checkName(input.name);
      checkEvents(input.events);
      const now = context.clock();
      const secret = input.secret ? secrets.encrypt(input.secret, now) : null;
      return session.write(async (db) => {
        const id = randomUUID();
        await db
          .insertInto("webhooks")
          .values({
            webhook_id: id,
            name: input.name,
            description: input.description ?? null,
            url: input.url,
            status: input.status ?? "ACTIVE",
            secret,
            creation_timestamp: now,
            last_updated_timestamp: now,
            deleted_timestamp: null,
            workspace: WORKSPACE,
          })
          .execute();
        await insertEvents(db, id, input.events);
        return readWebhook(db, id);
      });
    },
    getWebhook: (id) => session.read((db) => readWebhook(db, id)),
    listWebhooks: async ({ maxResults, pageToken }) => {
      const size = maxResults || DEFAULT_PAGE;
      if (size < 1 || size > MAX_PAGE) throw invalid(`max_results must be between 1 and ${MAX_PAGE}.`);
      const offset = offsetOf(pageToken);
      return session.read(async (db) => {
        const rows = await db
          .selectFrom("webhooks")
          .selectAll()
          .where("deleted_timestamp", "is", null)
          .where("workspace", "=", WORKSPACE)
          .orderBy("creation_timestamp", "desc")
          .orderBy("webhook_id")
          .limit(size + 1)
          .offset(offset)
          .execute();
        const page = toPage(rows, offset, size);
        return { ...page, items: await toWebhooks(db, page.items) };
      });
    },
    updateWebhook: async (id, change) => {
      if (change.name !== undefined) checkName(change.name);
      if (change.events !== undefined) checkEvents(change.events);
      const now = context.clock();
      const secret =
        change.secret === undefined ? undefined : change.secret ? secrets.encrypt(change.secret, now) : null;
      return session.write(async (db) => {
        await findWebhook(db, id);
        const { name, description, url, status } = change;
        await db
          .updateTable("webhooks")
          .set({
            ...(name === undefined ? {} : { name }),
            ...(description === undefined ? {} : { description }),
            ...(url === undefined ? {} : { url }),
            ...(status === undefined ? {} : { status }),
            ...(secret === undefined ? {} : { secret }),
            last_updated_timestamp: now,
          })
          .where("webhook_id", "=", id)
          .execute();
        if (change.events !== undefined) {
          await db.deleteFrom("webhook_events").where("webhook_id", "=", id).execute();
          await insertEvents(db, id, change.events);
        }
        return readWebhook(db, id);
      });
    },
    deleteWebhook: (id) =>
      session.write(async (db) => {
        await findWebhook(db, id);
        const now = context.clock();
        await db
          .updateTable("webhooks")
          .set({ deleted_timestamp: now, last_updated_timestamp: now })
          .where("webhook_id", "=", id)
          .execute();
        await db
          .updateTable("esteira_webhook_deliveries")
          .set({ state: "failed", error: "The webhook was deleted.", next_attempt_at: now })
          .where("webhook_id", "=", id)
          .where("state", "=", "pending")
          .execute();
      }),
    webhookSecret: (id) =>
      session.read(async (db) => {
        const { secret } = await findWebhook(db, id);
        return secret === null ? undefined : secrets.decrypt(secret);
      }),
  };
}

function checkName(name: string): void {
  if (NAME.test(name)) return;
  throw invalid(
    `Webhook name '${name}' is invalid. It must start and end with a letter or digit, be less than 63 characters long, and contain only letters, digits, dots (.), underscores (_), and hyphens (-).`,
  );
}

function checkEvents(events: readonly WebhookEvent[]): void {
  if (events.length === 0) throw invalid("Webhook events must be a non-empty list of WebhookEvent objects: [].");
}

export async function findWebhook(db: Database, id: string): Promise<WebhookRow> {
  const row = await db
    .selectFrom("webhooks")
    .selectAll()
    .where("webhook_id", "=", id)
    .where("deleted_timestamp", "is", null)
    .where("workspace", "=", WORKSPACE)
    .executeTakeFirst();
  if (row === undefined) throw notFound(`Webhook with ID ${id} not found.`);
  return row;
}

async function insertEvents(db: Database, id: string, events: readonly WebhookEvent[]): Promise<void> {
  const distinct = new Map(events.map((event) => [`${event.entity}.${event.action}`, event]));
  await db
    .insertInto("webhook_events")
    .values([...distinct.values()].map(({ entity, action }) => ({ webhook_id: id, entity, action })))
    .execute();
}

async function readWebhook(db: Database, id: string): Promise<Webhook> {
  const [webhook] = await toWebhooks(db, [await findWebhook(db, id)]);
  return webhook!;
}

async function toWebhooks(db: Database, rows: readonly WebhookRow[]): Promise<readonly Webhook[]> {
  if (rows.length === 0) return [];
  const ids = rows.map((row) => row.webhook_id);
  const events = groupBy(
    await db
      .selectFrom("webhook_events")
      .selectAll()
      .where(inList("webhook_id", ids))
      .orderBy("entity")
      .orderBy("action")
      .execute(),
    (event) => event.webhook_id,
  );
  return rows.map(
    (row): Webhook => ({
      id: row.webhook_id,
      name: row.name,
      ...(row.description === null ? {} : { description: row.description }),
      url: row.url,
      events: (events.get(row.webhook_id) ?? []).filter(isKnown).map(eventFromWire),
      status: WEBHOOK_STATUSES.find((status) => status === row.status) ?? "DISABLED",
      creationTimestamp: row.creation_timestamp ?? 0,
      lastUpdatedTimestamp: row.last_updated_timestamp ?? 0,
    }),
  );
}

/** MLflow's gateway has events of its own; a webhook that MLflow made may ask for them, and never gets them here. */
const isKnown = ({ entity }: { entity: string }): boolean => entity !== "budget_policy";
