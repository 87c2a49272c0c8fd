import type { Page } from "./entities/page.ts";
import type { Delivery, Webhook, WebhookEvent, WebhookStatus } from "./entities/webhook.ts";

/** A delivery that is due, with what sending it needs. */
export interface DueDelivery extends Delivery {
  readonly url: string;
  readonly secret?: string;
}

export interface AttemptOutcome {
  readonly responseStatus?: number;
  readonly error?: string;
  /** When to try again; absent: this was the last attempt. Of no meaning when `error` is absent. */
  readonly retryAt?: number;
}

/**
 * The port to webhooks and their outbox. An event of the registry is written to the outbox in the transaction that
 * makes it: it is sent at least once, however the process ends. Same promises as TrackingStore.
 */
export interface WebhookStore {
  createWebhook(input: {
    name: string;
    url: string;
    events: readonly WebhookEvent[];
    description?: string;
    secret?: string;
    status?: WebhookStatus;
  }): Promise<Webhook>;
  getWebhook(id: string): Promise<Webhook>;
  listWebhooks(query: { maxResults?: number; pageToken?: string }): Promise<Page<Webhook>>;
  updateWebhook(
    id: string,
    change: {
      name?: string;
      description?: string;
      url?: string;
      events?: readonly WebhookEvent[];
      /** "" takes the secret away. */
      secret?: string;
      status?: WebhookStatus;
    },
  ): Promise<Webhook>;
  deleteWebhook(id: string): Promise<void>;
  /** What signs the webhook's requests; undefined when it has none. */
  webhookSecret(id: string): Promise<string | undefined>;

  listDeliveries(query: { webhookId: string; maxResults?: number; pageToken?: string }): Promise<Page<Delivery>>;
  /** Makes a delivery that is over due again, as a new attempt of the same id and body. */
  replayDelivery(webhookId: string, deliveryId: string): Promise<Delivery>;
  /** Takes deliveries that are due, in the order of their events; nobody else gets them for `leaseMs`. */
  claimDeliveries(limit: number, leaseMs: number): Promise<readonly DueDelivery[]>;
  recordAttempt(deliveryId: string, outcome: AttemptOutcome): Promise<void>;
  /** What is in the outbox: how many deliveries are still to be made, and since when the oldest waits. */
  outbox(): Promise<{ readonly pending: number; readonly oldest?: number }>;
}
