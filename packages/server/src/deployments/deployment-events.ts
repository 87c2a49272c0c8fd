import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { EsteiraError } from "@esteira/core/errors";
import type { DeploymentStore } from "@esteira/store/deployment/deployments";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { checked } from "../access/guard.ts";
import { reads } from "../access/policy.ts";
import { parseRequest } from "../http/validation.ts";
import type { WatchOptions } from "../tracking/run-events.ts";

const MOST_STREAMS = 256;
const RETRY_MS = 1000;
const input = z.object({});

/**
 * A stream that says _that_ something of deployments, rollbacks, runners or flows under way is other than before: what, each caller asks
 * for itself, within its permissions. It is read from the database, so it does not matter which server process wrote it.
 */
export function mountDeploymentEvents(
  app: FastifyInstance,
  deployments: Pick<DeploymentStore, "mark">,
  prefixes: readonly string[],
  options: WatchOptions,
): void {
  const closing = new AbortController();
  let streams = 0;
  app.addHook("preClose", async () => closing.abort());
  const handle = checked(
    () => parseRequest(input, {}),
    async (_, __, reply) => {
      if (streams >= MOST_STREAMS)
        throw new EsteiraError(
          "REQUEST_LIMIT_EXCEEDED",
          `This server already has ${MOST_STREAMS} streams of deployments: close one, or ask for the list now and then.`,
        );
      // What this refuses is an answer of its own.
      const first = await deployments.mark();
      streams += 1;
      const body = Readable.from(changes(deployments, first, options, closing.signal), {
        objectMode: false,
        highWaterMark: 1,
      });
      body.once("close", () => {
        streams -= 1;
      });
      reply.header("x-accel-buffering", "no").header("cache-control", "no-cache, no-transform");
      reply.header("connection", "close");
      return reply.header("content-type", "text/event-stream; charset=utf-8").send(body);
    },
  );
  const operation = {
    summary: "Stream that something of deployments has changed, as server-sent events",
    tag: "deployments",
    input,
    output: { type: "text/event-stream" },
  };
  for (const prefix of prefixes)
    app.get(`${prefix}/deployments/events`, { exposeHeadRoute: false, config: { operation, policy: reads() } }, handle);
}

async function* changes(
  deployments: Pick<DeploymentStore, "mark">,
  first: string,
  { pollMs, heartbeatMs, longestMs }: WatchOptions,
  signal: AbortSignal,
): AsyncGenerator<string, void, undefined> {
  const end = performance.now() + longestMs;
  let [seen, spoke] = [first, performance.now()];
  // Who comes again has missed what was between.
  yield `retry: ${RETRY_MS}\n\nevent: changed\ndata: {}\n\n`;
  while (performance.now() < end) {
    await sleep(pollMs, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    const mark = await deployments.mark();
    const text =
      mark !== seen ? "event: changed\ndata: {}\n\n" : performance.now() - spoke >= heartbeatMs ? ": alive\n\n" : "";
    seen = mark;
    if (text === "") continue;
    yield text;
    spoke = performance.now();
  }
}
