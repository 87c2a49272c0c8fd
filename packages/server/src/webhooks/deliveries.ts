import type { WebhookStore } from "@esteira/core/webhook-store";
import { deliveryToWire, deliveryWire } from "@esteira/core/wire/webhook";
import { z } from "zod";
import { ADMIN, administers } from "../access/policy.ts";
import { type Endpoint, endpoint } from "../http/endpoint.ts";
import { given, int64, nonEmpty, text } from "../http/fields.ts";
import { pageOf, pageToWire } from "../http/paging.ts";

/** Esteira's own calls: what became of each delivery, and sending one again. */
export function deliveryEndpoints(store: WebhookStore, wake: () => void): readonly Endpoint[] {
  return [
    endpoint({
      method: "GET",
      path: "/webhooks/:webhook_id/deliveries",
      policy: administers(ADMIN),
      summary: "List the deliveries of a webhook, the newest first",
      input: z.object({ max_results: int64, page_token: text }),
      output: pageOf("deliveries", deliveryWire),
      run: async (input, params) =>
        pageToWire(
          "deliveries",
          await store.listDeliveries({
            webhookId: params.webhook_id ?? "",
            ...given({ maxResults: input.max_results, pageToken: nonEmpty(input.page_token) }),
          }),
          deliveryToWire,
        ),
    }),
    endpoint({
      method: "POST",
      path: "/webhooks/:webhook_id/deliveries/:delivery_id/replay",
      policy: administers(ADMIN),
      summary: "Send a delivery that is over again, with the same id and body",
      input: z.object({}),
      output: z.object({ delivery: deliveryWire }),
      run: async (_, params) => {
        const delivery = await store.replayDelivery(params.webhook_id ?? "", params.delivery_id ?? "");
        wake();
        return { delivery: deliveryToWire(delivery) };
      },
    }),
  ];
}
