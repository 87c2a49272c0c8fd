/** In the place of AWS: endpoints are `endpoints.ts`', everything else is passed on to moto. Checks no signature. */

import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { CloudWatch } from "@aws-sdk/client-cloudwatch";
import { CloudWatchLogs } from "@aws-sdk/client-cloudwatch-logs";
import { SageMaker } from "@aws-sdk/client-sagemaker";
import { type Asked, type Endpoints, openEndpoints, Refusal } from "./endpoints.ts";
import type { Fleet } from "./fleet.ts";
import { startMoto } from "./moto.ts";

export interface StandIn {
  readonly url: string;
  readonly endpoints: Endpoints;
  /** The next so many calls of SageMaker are refused: too many were made. */
  throttle(calls: number): void;
  /** The operations that were called, in their order. */
  readonly called: string[];
  stop(): Promise<void>;
}

export const KEYS = { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "a-secret-that-nobody-should-read" };
const STEP_MS = 250;

export async function startStandIn(program: string, fleet: Fleet): Promise<StandIn> {
  const moto = await startMoto(program);
  const own = { endpoint: moto.url, region: "eu-west-1", credentials: KEYS };
  const endpoints = openEndpoints({
    ...{ fleet, models: new SageMaker(own), metrics: new CloudWatch(own), logs: new CloudWatchLogs(own) },
    stepMs: STEP_MS,
  });
  let throttled = 0;
  const called: string[] = [];

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(Buffer.from(piece));
    const body = Buffer.concat(pieces);
    const [, invoked] = /^\/endpoints\/([^/]+)\/invocations$/.exec(request.url ?? "") ?? [];
    if (invoked !== undefined) {
      const target = request.headers["x-amzn-sagemaker-target-variant"];
      const given = await endpoints.invoke(decodeURIComponent(invoked), {
        ...{ body, contentType: request.headers["content-type"] ?? "" },
        ...(typeof target === "string" ? { target } : {}),
      });
      response.writeHead(200, {
        "content-type": given.contentType,
        "x-amzn-invoked-production-variant": given.variant,
      });
      response.end(given.body);
      return;
    }
    const [, operation] = /^SageMaker\.(\w+)$/.exec(String(request.headers["x-amz-target"] ?? "")) ?? [];
    if (operation !== undefined) {
      called.push(operation);
      if (throttled > 0) {
        throttled--;
        throw new Refusal("ThrottlingException", "Rate exceeded");
      }
      const asked: Asked = JSON.parse(body.toString("utf8") || "{}");
      const said = await endpoints.call(operation, asked);
      if (said !== undefined) {
        response.writeHead(200, { "content-type": "application/x-amz-json-1.1" });
        response.end(JSON.stringify(said));
        return;
      }
    }
    const {
      host: _,
      connection: _1,
      "content-length": _2,
      "transfer-encoding": _3,
      expect: _4,
      ...headers
    } = request.headers;
    // Moto knows no percentiles: an average and the largest are in their place.
    const isOfMetrics = String(request.headers["x-amz-target"] ?? "").endsWith(".GetMetricData");
    const text = body
      .toString("utf8")
      .replaceAll('"Stat":"p50"', '"Stat":"Average"')
      .replaceAll('"Stat":"p99"', '"Stat":"Maximum"');
    const sent = isOfMetrics ? Buffer.from(text) : body;
    const passed = await fetch(`${moto.url}${request.url}`, {
      method: request.method ?? "POST",
      headers: Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)]),
      ...(sent.length === 0 ? {} : { body: new Uint8Array(sent) }),
    });
    const bytes = Buffer.from(await passed.arrayBuffer());
    const kept = [...passed.headers].filter(
      ([name]) => !["content-encoding", "content-length", "transfer-encoding", "connection"].includes(name),
    );
    response.writeHead(passed.status, Object.fromEntries(kept));
    response.end(bytes);
  };

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      const type = error instanceof Refusal ? error.type : "InternalFailure";
      const message = error instanceof Error ? error.message : String(error);
      const status = error instanceof Refusal ? (type === "ModelError" ? 424 : 400) : 500;
      response.writeHead(status, { "content-type": "application/x-amz-json-1.1", "x-amzn-errortype": type });
      response.end(JSON.stringify({ __type: type, message, Message: message }));
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  return {
    ...{ url: `http://127.0.0.1:${port}`, endpoints, called },
    throttle: (calls) => {
      throttled = calls;
    },
    async stop() {
      await endpoints.close();
      server.closeAllConnections();
      server.close();
      await moto.stop();
    },
  };
}
