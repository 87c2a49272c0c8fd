import { randomUUID } from "node:crypto";
import { WEBHOOK_STATUSES } from "@esteira/core/entities/webhook";
import { invalid } from "@esteira/core/errors";
import type { WebhookStore } from "@esteira/core/webhook-store";
import { eventBody, eventFromWire, webhookToWire, webhookWire } from "@esteira/core/wire/webhook";
import { z } from "zod";
import { ADMIN, administers } from "../access/policy.ts";
import { type Endpoint, endpoint } from "../http/endpoint.ts";
import { enumOf, given, int64, list, nonEmpty, requiredList, requiredText, text } from "../http/fields.ts";
import { nothing, pageOf, pageToWire } from "../http/paging.ts";
import { examplePayload } from "./example-payload.ts";
import { type SendOptions, sendDelivery } from "./send.ts";
import { checkWebhookUrl } from "./url-policy.ts";

const event = z.object({ entity: requiredText, action: requiredText });
const oneWebhook = z.object({ webhook: webhookWire });
const status = enumOf(WEBHOOK_STATUSES);

/** MLflow's calls. A URL is checked when it is given and again at each delivery. */
export function webhookEndpoints(store: WebhookStore, sending: SendOptions): readonly Endpoint[] {
  const idOf = (params: Readonly<Record<string, string>>): string => params.webhook_id ?? "";
  return [
    endpoint({
      method: "POST",
      path: "/webhooks",
      policy: administers(ADMIN),
      summary: "Create a webhook",
      input: z.object({
        name: requiredText,
        url: requiredText,
        events: requiredList(event),
        description: text,
        secret: text,
        status,
      }),
      output: oneWebhook,
      run: async ({ events, description, secret, status, ...input }) => {
        await checkWebhookUrl(input.url, sending.policy);
        const webhook = await store.createWebhook({
          ...input,
          events: events.map(eventFromWire),
          ...given({ description: nonEmpty(description), secret: nonEmpty(secret), status }),
        });
        return { webhook: webhookToWire(webhook) };
      },
    }),
    endpoint({
      method: "GET",
      path: "/webhooks",
      policy: administers(ADMIN),
      summary: "List webhooks, the newest first",
      input: z.object({ max_results: int64, page_token: text }),
      output: pageOf("webhooks", webhookWire),
      run: async (input) =>
        pageToWire(
          "webhooks",
          await store.listWebhooks(given({ maxResults: input.max_results, pageToken: nonEmpty(input.page_token) })),
          webhookToWire,
        ),
    }),
    endpoint({
      method: "GET",
      path: "/webhooks/:webhook_id",
      policy: administers(ADMIN),
      summary: "Get a webhook",
      input: z.object({}),
      output: oneWebhook,
      run: async (_, params) => ({ webhook: webhookToWire(await store.getWebhook(idOf(params))) }),
    }),
    endpoint({
      method: "PATCH",
      path: "/webhooks/:webhook_id",
      policy: administers(ADMIN),
      summary: "Change a webhook",
      input: z.object({ name: text, description: text, url: text, events: list(event), secret: text, status }),
      output: oneWebhook,
      run: async ({ name, url, events, ...change }, params) => {
        if (url) await checkWebhookUrl(url, sending.policy);
        const webhook = await store.updateWebhook(idOf(params), {
          ...given({ ...change, name: nonEmpty(name), url: nonEmpty(url) }),
          ...(events.length === 0 ? {} : { events: events.map(eventFromWire) }),
        });
        return { webhook: webhookToWire(webhook) };
      },
    }),
    endpoint({
      method: "DELETE",
      path: "/webhooks/:webhook_id",
      policy: administers(ADMIN),
      summary: "Delete a webhook; what is still to be delivered to it ends",
      input: z.object({}),
      output: nothing,
      run: async (_, params) => {
        await store.deleteWebhook(idOf(params));
        return {};
      },
    }),
    endpoint({
      method: "POST",
      path: "/webhooks/:webhook_id/test",
      policy: administers(ADMIN),
      summary: "Send an example of an event to a webhook now, once, and tell what it answered",
      input: z.object({ event: event.nullish() }),
      output: z.object({
        result: z.object({
          success: z.boolean(),
          response_status: z.number().int().optional(),
          response_body: z.string().optional(),
          error_message: z.string().optional(),
        }),
      }),
      run: async (input, params) => {
        const webhook = await store.getWebhook(idOf(params));
        const chosen = input.event ? eventFromWire(input.event) : webhook.events[0];
        if (chosen === undefined) throw invalid("The webhook has no event that could be tested: name one.");
        const secret = await store.webhookSecret(webhook.id);
        const message = {
          id: randomUUID(),
          url: webhook.url,
          body: eventBody(chosen, sending.clock(), examplePayload(chosen)),
          secret,
        };
        try {
          const { status, body } = await sendDelivery(message, sending);
          return { result: { success: status < 400, response_status: status, response_body: body } };
        } catch (error) {
          const reason = error instanceof Error ? error.message : String(error);
          return { result: { success: false, error_message: `Failed to test webhook: ${reason}` } };
        }
      },
    }),
  ];
}
