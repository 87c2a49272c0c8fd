import type { Clock } from "@esteira/core/clock";
import { type Answer, outcomeOf, type RetryPlan } from "@esteira/core/delivery-retry";
import type { DueDelivery, WebhookStore } from "@esteira/core/webhook-store";
import type { FastifyBaseLogger } from "fastify";
import { type SendOptions, sendDelivery } from "./send.ts";

export interface DispatcherOptions extends SendOptions {
  readonly store: WebhookStore;
  readonly random: () => number;
  readonly clock: Clock;
  readonly log?: FastifyBaseLogger | undefined;
  readonly retries?: RetryPlan | undefined;
  /** How often the outbox is looked at when nothing says that there is something in it. */
  readonly pollMs?: number | undefined;
  /** Told what came of each attempt. */
  readonly onAttempt?: ((outcome: "delivered" | "retried" | "failed") => void) | undefined;
}

export interface Dispatcher {
  /** Something was written that may have an event: look soon. */
  wake(): void;
  /** Ends after the deliveries under way. What is left stays in the outbox. */
  close(): Promise<void>;
}

const POLL_MS = 1000;
const AT_ONCE = 10;
/** Longer than an attempt may take: a delivery whose process died comes back after it. */
const LEASE_FACTOR = 2;

/**
 * Sends what is in the outbox until it is closed. Several servers on one database share the work: a claimed delivery is
 * nobody else's until its lease ends.
 */
export function startDispatcher(options: DispatcherOptions): Dispatcher {
  const { store, clock, random, log, retries } = options;
  let closed = false;
  let wakeUp = (): void => {};
  let woken = false;

  async function deliver(delivery: DueDelivery): Promise<void> {
    const result: Answer | Error = await sendDelivery(delivery, options).catch((error: unknown) =>
      error instanceof Error ? error : new Error(String(error)),
    );
    const outcome = outcomeOf(result, delivery.attempts, clock(), random(), retries);
    if (outcome.error !== undefined) {
      log?.warn(
        { delivery: delivery.id, webhook: delivery.webhookId, attempt: delivery.attempts, retryAt: outcome.retryAt },
        `A webhook was not delivered: ${outcome.error}`,
      );
    }
    await store.recordAttempt(delivery.id, outcome);
    options.onAttempt?.(
      outcome.error === undefined ? "delivered" : outcome.retryAt === undefined ? "failed" : "retried",
    );
  }

  async function run(): Promise<void> {
    while (!closed) {
      woken = false;
      try {
        const due = await store.claimDeliveries(AT_ONCE, options.timeoutMs * LEASE_FACTOR);
        await Promise.all(due.map(deliver));
        if (due.length === AT_ONCE) continue;
      } catch (error) {
        // A database that is away for a while must not end the deliveries for good.
        log?.error(error, "The webhook outbox could not be worked on.");
      }
      if (closed || woken) continue;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, options.pollMs ?? POLL_MS);
        timer.unref();
        wakeUp = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  const running = run();
  return {
    wake() {
      woken = true;
      wakeUp();
    },
    async close() {
      closed = true;
      wakeUp();
      await running;
    },
  };
}
