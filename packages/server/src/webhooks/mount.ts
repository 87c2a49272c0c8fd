import type { RetryPlan } from "@esteira/core/delivery-retry";
import type { WebhookStore } from "@esteira/core/webhook-store";
import type { FastifyInstance } from "fastify";
import { mountEndpoints } from "../http/endpoint.ts";
import { deliveryEndpoints } from "./deliveries.ts";
import { type Dispatcher, type DispatcherOptions, startDispatcher } from "./dispatcher.ts";
import type { WebhookUrlPolicy } from "./url-policy.ts";
import { webhookEndpoints } from "./webhooks.ts";

export interface WebhookOptions {
  readonly policy: WebhookUrlPolicy;
  /** How long one delivery may take. */
  readonly timeoutMs: number;
  readonly retries?: RetryPlan | undefined;
}

/** MLflow's default for where a webhook may lead: https, and the public internet only. */
export const STANDARD_WEBHOOKS: WebhookOptions = {
  policy: { schemes: ["https"], allowPrivateAddresses: false },
  timeoutMs: 10_000,
};

/** Calls after which the outbox may hold something new. */
const MAKES_EVENTS = /\/mlflow\/(registered-models|model-versions)\//;

/** The calls for webhooks, and the deliveries themselves: they start with the server and end with it. */
export function mountWebhooks(
  app: FastifyInstance,
  store: WebhookStore,
  prefixes: { readonly mlflow: readonly string[]; readonly esteira: readonly string[] },
  { retries, ...options }: WebhookOptions,
  onAttempt?: DispatcherOptions["onAttempt"],
): void {
  const sending = { ...options, clock: Date.now };
  mountEndpoints(app, prefixes.mlflow, webhookEndpoints(store, sending));
  let dispatcher: Dispatcher | undefined;
  const wake = (): void => dispatcher?.wake();
  mountEndpoints(app, prefixes.esteira, deliveryEndpoints(store, wake));
  app.addHook("onReady", async () => {
    dispatcher = startDispatcher({ ...sending, store, random: Math.random, log: app.log, retries, onAttempt });
  });
  app.addHook("onClose", () => dispatcher?.close());
  app.addHook("onResponse", async (request) => {
    if (request.method !== "GET" && MAKES_EVENTS.test(request.url)) wake();
  });
}
