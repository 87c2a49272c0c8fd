import type { Page } from "@esteira/core/entities/page";
import type { Delivery, Webhook, WebhookEvent, WebhookStatus } from "@esteira/core/entities/webhook";
import { deliveryWire, eventToWire, webhookWire } from "@esteira/core/wire/webhook";
import { z } from "zod";
import { pageOf } from "./search.ts";
import { nothing, type Transport } from "./transport.ts";

const one = z.object({ webhook: webhookWire }).transform((wire) => wire.webhook);
const testResult = z
  .object({
    result: z.object({
      success: z.boolean().default(false),
      response_status: z.number().int().optional(),
      response_body: z.string().optional(),
      error_message: z.string().optional(),
    }),
  })
  .transform(({ result }) => ({
    success: result.success,
    responseStatus: result.response_status,
    responseBody: result.response_body,
    errorMessage: result.error_message,
  }));

export interface WebhookFields {
  name: string;
  url: string;
  events: readonly WebhookEvent[];
  description?: string;
  /** Signs each delivery; it is never shown again. */
  secret?: string;
  status?: WebhookStatus;
}

export function webhooksOf(transport: Transport) {
  const at = (id: string) => `webhooks/${encodeURIComponent(id)}`;
  const toWire = ({ events, ...fields }: Partial<WebhookFields>) => ({ ...fields, events: events?.map(eventToWire) });
  return {
    create: (input: WebhookFields): Promise<Webhook> =>
      transport.call("POST", "webhooks", one, { body: toWire(input) }),
    get: (id: string): Promise<Webhook> => transport.call("GET", at(id), one),
    list: (query: { maxResults?: number; pageToken?: string } = {}): Promise<Page<Webhook>> =>
      transport.call("GET", "webhooks", pageOf("webhooks", webhookWire), {
        query: { max_results: query.maxResults, page_token: query.pageToken },
      }),
    update: (id: string, change: Partial<WebhookFields>): Promise<Webhook> =>
      transport.call("PATCH", at(id), one, { body: toWire(change) }),
    delete: (id: string) => transport.call("DELETE", at(id), nothing),
    /** Sends an example of `event` (of the webhook's first, when absent) now, once. */
    test: (id: string, event?: WebhookEvent) =>
      transport.call("POST", `${at(id)}/test`, testResult, { body: event ? { event: eventToWire(event) } : {} }),
    /** What became of each delivery. Esteira's own: MLflow keeps no such record. */
    deliveries: (id: string, query: { maxResults?: number; pageToken?: string } = {}): Promise<Page<Delivery>> =>
      transport.call("GET", `${at(id)}/deliveries`, pageOf("deliveries", deliveryWire), {
        query: { max_results: query.maxResults, page_token: query.pageToken },
        service: "esteira",
      }),
    replay: (id: string, deliveryId: string): Promise<Delivery> =>
      transport.call(
        "POST",
        `${at(id)}/deliveries/${encodeURIComponent(deliveryId)}/replay`,
        z.object({ delivery: deliveryWire }).transform((wire) => wire.delivery),
        { body: {}, service: "esteira" },
      ),
  };
}
