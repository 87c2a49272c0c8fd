import { z } from "zod";
import {
  DELIVERY_STATES,
  type Delivery,
  WEBHOOK_ACTIONS,
  WEBHOOK_STATUSES,
  type Webhook,
  type WebhookEvent,
} from "../entities/webhook.ts";
import { invalid } from "../errors.ts";
import { compact, int64 } from "./scalars.ts";

const eventWire = z.object({ entity: z.string(), action: z.string() });

/**
 * An event by MLflow's names on the wire, which are upper case. Throws INVALID_PARAMETER_VALUE for what no event can be.
 */
export function eventFromWire(wire: { entity: string; action: string }): WebhookEvent {
  const entity = wire.entity.toLowerCase();
  const action = wire.action.toLowerCase();
  const known = Object.entries(WEBHOOK_ACTIONS).find(([name]) => name === entity);
  if (known === undefined) {
    const reason =
      entity === "budget_policy" ? "this server has no AI gateway, whose budgets they are" : "unknown entity";
    throw invalid(
      `Invalid entity '${wire.entity}' of a webhook event: ${reason}. Valid entities are: ${Object.keys(WEBHOOK_ACTIONS).join(", ")}.`,
    );
  }
  const actions: readonly string[] = known[1];
  if (!actions.includes(action)) {
    throw invalid(
      `Invalid action '${action}' for entity '${entity}'. Valid actions are: [${[...actions]
        .sort()
        .map((each) => `'${each}'`)
        .join(", ")}]`,
    );
  }
  return { entity, action } as WebhookEvent;
}

export const eventToWire = ({ entity, action }: WebhookEvent) => ({
  entity: entity.toUpperCase(),
  action: action.toUpperCase(),
});

/** The JSON text of an event: MLflow's envelope, with the instant (milliseconds since the epoch) as Python writes it. */
export const eventBody = ({ entity, action }: WebhookEvent, now: number, data: object): string =>
  JSON.stringify({ entity, action, timestamp: new Date(now).toISOString().replace("Z", "000+00:00"), data });

export const webhookWire = z
  .object({
    webhook_id: z.string(),
    name: z.string(),
    description: z.string().optional(),
    url: z.string(),
    events: z.array(eventWire).default([]),
    status: z.enum(WEBHOOK_STATUSES).default("ACTIVE"),
    creation_timestamp: int64,
    last_updated_timestamp: int64,
  })
  .transform(
    (wire): Webhook => ({
      id: wire.webhook_id,
      name: wire.name,
      ...(wire.description === undefined ? {} : { description: wire.description }),
      url: wire.url,
      events: wire.events.map(eventFromWire),
      status: wire.status,
      creationTimestamp: wire.creation_timestamp,
      lastUpdatedTimestamp: wire.last_updated_timestamp,
    }),
  )
  .meta({ id: "Webhook" });

export const webhookToWire = (webhook: Webhook) => ({
  webhook_id: webhook.id,
  name: webhook.name,
  ...compact({ description: webhook.description || undefined }),
  url: webhook.url,
  events: webhook.events.map(eventToWire),
  status: webhook.status,
  creation_timestamp: webhook.creationTimestamp,
  last_updated_timestamp: webhook.lastUpdatedTimestamp,
});

export const deliveryWire = z
  .object({
    delivery_id: z.string(),
    webhook_id: z.string(),
    event: eventWire,
    body: z.string(),
    state: z.enum(DELIVERY_STATES),
    attempts: int64,
    created_at: int64,
    next_attempt_at: int64,
    response_status: int64.optional(),
    error: z.string().optional(),
  })
  .transform(
    (wire): Delivery => ({
      id: wire.delivery_id,
      webhookId: wire.webhook_id,
      event: eventFromWire(wire.event),
      body: wire.body,
      state: wire.state,
      attempts: wire.attempts,
      createdAt: wire.created_at,
      nextAttemptAt: wire.next_attempt_at,
      ...(wire.response_status === undefined ? {} : { responseStatus: wire.response_status }),
      ...(wire.error === undefined ? {} : { error: wire.error }),
    }),
  )
  .meta({ id: "WebhookDelivery" });

export const deliveryToWire = (delivery: Delivery) => ({
  delivery_id: delivery.id,
  webhook_id: delivery.webhookId,
  event: eventToWire(delivery.event),
  body: delivery.body,
  state: delivery.state,
  attempts: delivery.attempts,
  created_at: delivery.createdAt,
  next_attempt_at: delivery.nextAttemptAt,
  ...compact({ response_status: delivery.responseStatus, error: delivery.error }),
});
