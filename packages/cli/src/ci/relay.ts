import { timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { Clock } from "@esteira/core/clock";
import { signDelivery } from "@esteira/server/webhooks/signature";
import { z } from "zod";
import type { Cause } from "./start-pipeline.ts";

const LARGEST = 1024 * 1024;
/** How far the clock of whoever sends may be from this one's: what is older has been heard before, or was kept by somebody. */
const SKEW_SECONDS = 300;
const MOST_REMEMBERED = 1000;

export interface RelayOptions {
  readonly host: string;
  readonly port: number;
  /** Of the webhook: what is not signed by it starts nothing. */
  readonly secret: string;
  readonly model: string;
  /** `ENTITY.ACTION` of each event that starts the pipeline. */
  readonly events: readonly string[];
  readonly start: (cause: Cause) => Promise<void>;
  readonly clock: Clock;
  readonly note: (line: string) => void;
}

export interface Relay {
  readonly url: string;
  close(): Promise<void>;
}

interface Reply {
  readonly status: number;
  readonly text: string;
}

/** What servers and monitors send, as far as it is read here. */
const envelope = z.object({
  entity: z.string(),
  action: z.string(),
  data: z.object({ name: z.string().optional(), model: z.string().optional() }),
});

/**
 * Hears webhooks, and has the pipeline started for each event once. A delivery is only taken when the CI has taken it: until then its
 * sender tries again, which is why nothing is kept here.
 */
export async function startRelay(options: RelayOptions): Promise<Relay> {
  const started = new Map<string, Promise<void>>();
  const server = createServer((request, response) => {
    void heard(request, options, started)
      .catch((error: unknown): Reply => ({ status: 502, text: error instanceof Error ? error.message : String(error) }))
      .then(({ status, text }) => {
        options.note(`${status} ${text}`);
        response
          .writeHead(status, { "content-type": "text/plain; charset=utf-8", connection: "close" })
          .end(`${text}\n`);
      });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.host, resolve);
  });
  const { address, port, family } = server.address() as AddressInfo;
  return {
    url: `http://${family === "IPv6" ? `[${address}]` : address}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      }),
  };
}

async function heard(request: IncomingMessage, options: RelayOptions, started: Map<string, Promise<void>>) {
  if (request.method !== "POST") return { status: 405, text: "A webhook is posted." };
  const body = await bodyOf(request);
  if (body === undefined) return { status: 413, text: "The body is larger than 1 MiB." };
  const delivery = header(request, "x-mlflow-delivery-id");
  const problem = distrust(request, body, delivery, options);
  if (problem !== undefined) return { status: 401, text: problem };
  const { data: event } = envelope.safeParse(parsed(body));
  if (event === undefined) return { status: 400, text: "The body is no event: it has no entity, action and data." };
  const [what, model] = [`${event.entity}.${event.action}`, event.data.model ?? event.data.name];
  if (model !== options.model || !options.events.includes(what))
    return { status: 200, text: `${what} of ${model ?? "no model"} starts nothing.` };
  const before = started.get(delivery);
  if (before !== undefined) {
    await before;
    return { status: 200, text: `${what} of ${model} has started the pipeline already (${delivery}).` };
  }
  const starting = options.start({ event: what, model, delivery });
  started.set(delivery, starting);
  for (const oldest of started.keys()) if (started.size > MOST_REMEMBERED) started.delete(oldest);
  // What was not taken is tried again by whoever has sent it.
  await starting.catch((error: unknown) => {
    started.delete(delivery);
    throw error;
  });
  return { status: 200, text: `${what} of ${model} has started the pipeline (${delivery}).` };
}

function distrust(request: IncomingMessage, body: string, delivery: string, { secret, clock }: RelayOptions) {
  const [timestamp, signature] = [header(request, "x-mlflow-timestamp"), header(request, "x-mlflow-signature")];
  const [given, wanted] = [signature, signDelivery(secret, delivery, timestamp, body)].map((text) => Buffer.from(text));
  if (given?.length !== wanted?.length || !timingSafeEqual(given!, wanted!))
    return "The delivery is not signed with the webhook's secret.";
  const age = clock() / 1000 - Number(timestamp);
  return Math.abs(age) <= SKEW_SECONDS ? undefined : `The delivery was signed ${Math.round(age)} s ago.`;
}

const header = ({ headers }: IncomingMessage, name: string): string => String(headers[name] ?? "");

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request) {
    parts.push(part);
    length += part.length;
    if (length > LARGEST) return undefined;
  }
  return Buffer.concat(parts).toString("utf8");
}
