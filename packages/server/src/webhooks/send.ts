import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import type { LookupFunction } from "node:net";
import type { Clock } from "@esteira/core/clock";
import type { Answer } from "@esteira/core/delivery-retry";
import type { Address } from "./public-address.ts";
import { signDelivery } from "./signature.ts";
import { checkWebhookUrl, type WebhookUrlPolicy } from "./url-policy.ts";

export interface SendOptions {
  readonly policy: WebhookUrlPolicy;
  readonly clock: Clock;
  /** From the first byte out to the last byte in. */
  readonly timeoutMs: number;
}

export interface Message {
  readonly id: string;
  readonly url: string;
  readonly body: string;
  readonly secret?: string | undefined;
}

/** What is kept of an answer: nobody needs more to see why a delivery failed, and a receiver could send without end. */
const MAX_ANSWER = 64 * 1024;

/**
 * Posts one delivery. Connects only to an address that the policy has just seen, through no proxy and following no
 * redirect. Throws an Error that says why when there is no answer; every HTTP status is an answer.
 */
export async function sendDelivery(message: Message, options: SendOptions): Promise<Answer> {
  const { url, addresses } = await checkWebhookUrl(message.url, options.policy);
  const timestamp = String(Math.floor(options.clock() / 1000));
  const body = Buffer.from(message.body);
  const headers = {
    "content-type": "application/json",
    "content-length": body.length,
    "user-agent": "esteira-webhook",
    "x-mlflow-delivery-id": message.id,
    "x-mlflow-timestamp": timestamp,
    ...(message.secret
      ? { "x-mlflow-signature": signDelivery(message.secret, message.id, timestamp, message.body) }
      : {}),
  };
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(options.timeoutMs);
    const fail = (error: unknown) =>
      reject(signal.aborted ? new Error(`No complete answer within ${options.timeoutMs / 1000} s.`) : (error as Error));
    const open = url.protocol === "https:" ? httpsRequest : httpRequest;
    const sent = open(
      url,
      { method: "POST", headers, agent: false, signal, ...(addresses ? { lookup: pinned(addresses) } : {}) },
      (answer) => {
        const chunks: Buffer[] = [];
        let length = 0;
        const finish = () =>
          resolve({
            status: answer.statusCode ?? 0,
            body: Buffer.concat(chunks).subarray(0, MAX_ANSWER).toString("utf8"),
            ...retryAfter(answer.headers["retry-after"], options.clock()),
          });
        answer.on("data", (chunk: Buffer) => {
          chunks.push(chunk);
          length += chunk.length;
          if (length < MAX_ANSWER) return;
          finish();
          answer.destroy();
        });
        answer.on("end", finish);
        answer.on("error", fail);
      },
    );
    sent.on("error", fail);
    sent.end(body);
  });
}

/** Answers a look-up with what was checked: the name is not resolved a second time. */
export function pinned(addresses: readonly Address[]): LookupFunction {
  return (_host, options, callback) => {
    const [first] = addresses;
    if (options.all) callback(null, [...addresses]);
    else callback(null, first?.address ?? "", first?.family);
  };
}

const MAX_RETRY_AFTER_S = 3600;

/** Retry-After is a number of seconds or a date (RFC 9110). */
function retryAfter(header: string | undefined, now: number): { retryAfter?: number } {
  if (header === undefined) return {};
  const seconds = /^\d+$/.test(header.trim()) ? Number(header) : (Date.parse(header) - now) / 1000;
  return Number.isFinite(seconds) && seconds >= 0 ? { retryAfter: Math.min(seconds, MAX_RETRY_AFTER_S) } : {};
}
