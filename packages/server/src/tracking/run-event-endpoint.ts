import { Readable } from "node:stream";
import { EsteiraError, invalid } from "@esteira/core/errors";
import { experimentId, runId } from "@esteira/core/ids";
import type { RunQueryStore } from "@esteira/core/run-query-store";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { checked } from "../access/guard.ts";
import { read, reads } from "../access/policy.ts";
import { queryInput } from "../http/endpoint.ts";
import { nonEmpty, text, texts } from "../http/fields.ts";
import { parseRequest } from "../http/validation.ts";
import { runEventStream, type WatchOptions } from "./run-events.ts";

const MOST_WATCHED = 100;
const MOST_STREAMS = 256;

const input = z.object({ run_ids: texts, experiment_ids: texts, last_event_id: text });
const LISTS = new Set(["run_ids", "experiment_ids"]);

/** The stream of what happens to live runs. Streams end when the server closes, and clients go on with the next one. */
export function mountRunEvents(
  app: FastifyInstance,
  store: RunQueryStore,
  prefixes: readonly string[],
  options: WatchOptions,
): void {
  const closing = new AbortController();
  let streams = 0;
  app.addHook("preClose", async () => closing.abort());
  const handle = checked(
    (request) => parseRequest(input, queryInput(request.query, LISTS)),
    async (asked, request, reply) => {
      const count = asked.run_ids.length + asked.experiment_ids.length;
      if (count === 0 || count > MOST_WATCHED) {
        throw invalid(
          `Watch between 1 and ${MOST_WATCHED} runs and experiments (run_ids, experiment_ids). Received ${count}.`,
        );
      }
      if (streams >= MOST_STREAMS) {
        throw new EsteiraError(
          "REQUEST_LIMIT_EXCEEDED",
          `This server already has ${MOST_STREAMS} event streams: close one, or ask for the runs now and then.`,
        );
      }
      const watched = {
        runIds: asked.run_ids.map(runId),
        experimentIds: request.caller.searchable("run", asked.experiment_ids).map(experimentId),
      };
      const last = request.headers["last-event-id"];
      const since = nonEmpty(typeof last === "string" ? last : asked.last_event_id);
      streams += 1;
      const stream = runEventStream(store, watched, { since, options, signal: closing.signal });
      const first = await stream.next().catch((error: unknown) => {
        streams -= 1;
        throw error;
      });
      const body = Readable.from(continued(first, stream), { objectMode: false, highWaterMark: 1 });
      body.once("close", () => {
        streams -= 1;
      });
      // Proxies that gather an answer before they pass it on would pass on nothing.
      reply.header("x-accel-buffering", "no").header("cache-control", "no-cache, no-transform");
      // A connection that goes on after the stream would keep the server from closing.
      reply.header("connection", "close");
      return reply.header("content-type", "text/event-stream; charset=utf-8").send(body);
    },
  );
  const operation = {
    summary: "Stream what happens to runs, or to the live runs of experiments, as server-sent events",
    tag: "runs",
    input,
    output: { type: "text/event-stream" },
  };
  const policy = reads(read("run", "run_ids[]"), read("experiment", "experiment_ids[]"));
  for (const prefix of prefixes) {
    // HEAD would read the stream to its end, which does not come.
    app.get(`${prefix}/runs/events`, { exposeHeadRoute: false, config: { operation, policy } }, handle);
  }
}

async function* continued(
  first: IteratorResult<string, void>,
  rest: AsyncGenerator<string, void, undefined>,
): AsyncGenerator<string, void, undefined> {
  if (first.done) return;
  yield first.value;
  yield* rest;
}
