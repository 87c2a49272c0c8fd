import type { Clock } from "@esteira/core/clock";
import { type Answer, outcomeOf, type RetryPlan } from "@esteira/core/delivery-retry";
import type { MonitorFile } from "../file/monitor-file.ts";
import type { EmailReceiver } from "../file/receiver.ts";
import { emailMessage } from "./email-message.ts";
import type { Attempt, Delivery } from "./outbox.ts";
import { readSecret, type SecretPlaces } from "./read-secret.ts";
import { slackBody } from "./slack-body.ts";
import { sendEmail } from "./smtp.ts";
import { webhookBody } from "./webhook-body.ts";

/** One POST of JSON, signed where there is a secret. Throws an Error when there is no answer; every HTTP status is an answer. */
export type Post = (message: {
  readonly id: string;
  readonly url: string;
  readonly body: string;
  readonly secret?: string | undefined;
}) => Promise<Answer>;

export interface DeliveryPorts {
  readonly post: Post;
  readonly secrets: SecretPlaces;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly retries?: RetryPlan | undefined;
}

/** About a day, and never more than a quarter of an hour apart: an alert that comes hours after its receiver is back is of no use. */
const ALERT_RETRIES: RetryPlan = { attempts: 100, firstDelayMs: 5000, longestDelayMs: 900_000 };

/** Tries one delivery once. Never throws: whatever goes wrong is an attempt that failed, and is said. */
export async function deliver(delivery: Delivery, file: MonitorFile, ports: DeliveryPorts): Promise<Attempt> {
  const { receiver: name, id } = delivery.notification;
  const receiver = file.receivers[name];
  if (receiver === undefined) return { kind: "failed", error: `There is no receiver ${name} in the file any more.` };
  try {
    switch (receiver.kind) {
      case "webhook": {
        const secret = receiver.secret && (await readSecret(receiver.secret, ports.secrets));
        const body = webhookBody(delivery, file);
        return judged(await ports.post({ id, url: receiver.url, body, secret }), delivery, ports);
      }
      case "slack": {
        const url = await readSecret(receiver.url, ports.secrets);
        return judged(await ports.post({ id, url, body: slackBody(delivery, file) }), delivery, ports);
      }
      case "email":
        return await deliverEmail(delivery, receiver, file, ports);
    }
  } catch (error) {
    return judged(error instanceof Error ? error : new Error(String(error)), delivery, ports);
  }
}

async function deliverEmail(
  delivery: Delivery,
  receiver: EmailReceiver,
  file: MonitorFile,
  ports: DeliveryPorts,
): Promise<Attempt> {
  const password = receiver.password && (await readSecret(receiver.password, ports.secrets));
  const to = delivery.remaining ?? receiver.to;
  const message = { ...emailMessage(delivery, file), id: delivery.notification.id, to };
  const refused = await sendEmail(message, receiver, { password, folder: ports.secrets.folder });
  if (refused.length === 0) return { kind: "delivered" };
  const words = (some: typeof refused) => some.map(({ address, answer }) => `${address}: ${answer}`);
  const later = refused.filter(({ isFinal }) => !isFinal);
  if (later.length === 0) return { kind: "failed", error: words(refused).join("; ") };
  const attempt = judged(new Error(words(refused).join("; ")), delivery, ports);
  if (attempt.kind !== "retry") return attempt;
  const final = refused.filter(({ isFinal }) => isFinal);
  return { ...attempt, remaining: later.map(({ address }) => address), refused: words(final) };
}

function judged(result: Answer | Error, delivery: Delivery, { clock, random, retries }: DeliveryPorts): Attempt {
  const outcome = outcomeOf(result, delivery.attempts + 1, clock(), random(), retries ?? ALERT_RETRIES);
  if (outcome.error === undefined) return { kind: "delivered" };
  return outcome.retryAt === undefined
    ? { kind: "failed", error: outcome.error }
    : { kind: "retry", at: outcome.retryAt, error: outcome.error };
}
