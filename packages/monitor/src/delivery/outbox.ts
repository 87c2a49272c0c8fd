import type { Spoken } from "@esteira/lifecycle/monitoring/reason-words";
import type { Notification } from "../alerts/notification.ts";

/** A notification on its way. It stays until its receiver has it, or until it is given up. */
export interface Delivery {
  readonly notification: Notification;
  /** What is known of the cause, in a paragraph. */
  readonly diagnosis: Spoken;
  /** Attempts so far. */
  readonly attempts: number;
  /** Not before this, milliseconds. */
  readonly dueAt: number;
  /** The recipients that are still to get it, where some of a message's have; absent before the first attempt. */
  readonly remaining?: readonly string[];
  /** Recipients that will never get it, with the server's words. */
  readonly refused?: readonly string[];
  /** What the last attempt ended with. */
  readonly error?: string;
  /** When it was given up; kept for those who look. */
  readonly failedAt?: number;
}

/** What came of one attempt. */
export type Attempt =
  | { readonly kind: "delivered" }
  /** `remaining`: only these recipients are still to get it; `refused`: these never will. */
  | {
      readonly kind: "retry";
      readonly at: number;
      readonly error: string;
      readonly remaining?: readonly string[];
      readonly refused?: readonly string[];
    }
  | { readonly kind: "failed"; readonly error: string };

/** Deliveries that were given up are kept for so long, milliseconds. */
const KEPT_FAILED = 7 * 86_400_000;

/**
 * The outbox with what is new in it. What only repeats is left out while the same receiver still waits for an earlier message of that severity:
 * a receiver that was away for a night gets what happened, and not every reminder of it.
 */
export function enqueue(
  outbox: readonly Delivery[],
  added: readonly { readonly notification: Notification; readonly diagnosis: Spoken }[],
  at: number,
): readonly Delivery[] {
  const kept = outbox.filter(({ failedAt }) => failedAt === undefined || at - failedAt < KEPT_FAILED);
  const fresh = added.filter(
    ({ notification }) =>
      !kept.some((waiting) => waiting.notification.id === notification.id) &&
      !(notification.repeated && kept.some((waiting) => isWaiting(waiting) && isOneQueue(waiting, notification))),
  );
  return [...kept, ...fresh.map((delivery) => ({ ...delivery, attempts: 0, dueAt: at }))];
}

/** What may be tried now: of each receiver and severity the oldest only, so that an end never comes before its beginning. */
export function dueDeliveries(outbox: readonly Delivery[], at: number): readonly Delivery[] {
  const waiting = outbox.filter(isWaiting);
  return waiting.filter(
    (delivery, i) =>
      delivery.dueAt <= at && !waiting.slice(0, i).some((earlier) => isOneQueue(earlier, delivery.notification)),
  );
}

/** The outbox after an attempt of one of its deliveries. */
export const afterAttempt = (
  outbox: readonly Delivery[],
  id: string,
  attempt: Attempt,
  at: number,
): readonly Delivery[] =>
  outbox.flatMap((delivery) => (delivery.notification.id === id ? tried(delivery, attempt, at) : [delivery]));

function tried(delivery: Delivery, attempt: Attempt, at: number): readonly Delivery[] {
  if (attempt.kind === "delivered") {
    // The others have it: what one of them never got is kept, so that it is seen.
    const { refused = [] } = delivery;
    return refused.length === 0 ? [] : [{ ...delivery, error: refused.join("; "), failedAt: at }];
  }
  const { error } = attempt;
  const after = { ...delivery, attempts: delivery.attempts + 1, error };
  if (attempt.kind === "failed") return [{ ...after, failedAt: at }];
  const { remaining = delivery.remaining } = attempt;
  const refused = [...(delivery.refused ?? []), ...(attempt.refused ?? [])];
  return [
    {
      ...after,
      dueAt: attempt.at,
      ...(remaining === undefined ? {} : { remaining }),
      ...(refused.length === 0 ? {} : { refused }),
    },
  ];
}

export const isWaiting = ({ failedAt }: Delivery): boolean => failedAt === undefined;

const isOneQueue = (delivery: Delivery, { receiver, severity }: Notification): boolean =>
  delivery.notification.receiver === receiver && delivery.notification.severity === severity;
