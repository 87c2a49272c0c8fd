export const WEBHOOK_STATUSES = ["ACTIVE", "DISABLED"] as const;
export type WebhookStatus = (typeof WEBHOOK_STATUSES)[number];

/** What a webhook may be told of: the actions of each entity that this server knows. Names are MLflow's. */
export const WEBHOOK_ACTIONS = {
  registered_model: ["created"],
  model_version: ["created"],
  model_version_tag: ["set", "deleted"],
  model_version_alias: ["created", "deleted"],
  prompt: ["created"],
  prompt_version: ["created"],
  prompt_tag: ["set", "deleted"],
  prompt_version_tag: ["set", "deleted"],
  prompt_alias: ["created", "deleted"],
} as const;

export type WebhookEntity = keyof typeof WEBHOOK_ACTIONS;
export type WebhookAction = "created" | "set" | "deleted";

export interface WebhookEvent {
  readonly entity: WebhookEntity;
  readonly action: WebhookAction;
}

export interface Webhook {
  readonly id: string;
  readonly name: string;
  readonly description?: string;
  readonly url: string;
  readonly events: readonly WebhookEvent[];
  readonly status: WebhookStatus;
  /** Milliseconds since the epoch. */
  readonly creationTimestamp: number;
  readonly lastUpdatedTimestamp: number;
}

export const DELIVERY_STATES = ["pending", "delivered", "failed"] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** One event on its way to one webhook. Its id is the receiver's key to tell a repetition. */
export interface Delivery {
  readonly id: string;
  readonly webhookId: string;
  readonly event: WebhookEvent;
  /** The JSON text that is sent, the same at every attempt. */
  readonly body: string;
  readonly state: DeliveryState;
  readonly attempts: number;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** When it is tried next; of a delivery that is over, when it ended. */
  readonly nextAttemptAt: number;
  /** HTTP status of the last answer, if there was one. */
  readonly responseStatus?: number;
  /** Why the last attempt failed. */
  readonly error?: string;
}
