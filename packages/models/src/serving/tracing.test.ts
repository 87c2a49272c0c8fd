import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { modelBytes } from "../engines/trees/fixtures/fixture.ts";
import { parseXgboost } from "../engines/trees/parse-xgboost.ts";
import { createXgboostModel } from "../flavors/xgboost.ts";
import { createModelHolder } from "./model-holder.ts";
import { createScoringServer } from "./scoring-server.ts";
import { openTracing, otlpProtocolOf, type Tracing } from "./tracing.ts";

const PYTHON = process.env.ESTEIRA_ORACLE_PYTHON;
const TRACE = "0af7651916cd43dd8448eb211c80319c";
const PARENT = "b7ad6b7169203331";

/** A span as OTLP's JSON has it, and what is read of it here. */
interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind?: number | string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly status?: { readonly code?: number };
  readonly attributes?: readonly { readonly key: string; readonly value: Record<string, string | number> }[];
}
interface Export {
  readonly resourceSpans: readonly {
    readonly resource: Pick<Span, "attributes">;
    readonly scopeSpans: readonly { readonly spans: readonly Span[] }[];
  }[];
}

const spansOf = (received: Export): Span[] =>
  received.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans));
const factsOf = ({ attributes }: Pick<Span, "attributes">): Record<string, string | number> =>
  Object.fromEntries((attributes ?? []).map(({ key, value }) => [key, Object.values(value)[0] ?? ""]));

/** A receiver of OTLP over HTTP that keeps what it is sent. */
async function startReceiver() {
  const received: { path: string; headers: IncomingHttpHeaders; body: Buffer }[] = [];
  const server = createServer((incoming, answer) => {
    void buffer(incoming).then((body) => {
      received.push({ path: incoming.url ?? "", headers: incoming.headers, body });
      answer.setHeader("content-type", incoming.headers["content-type"] ?? "").end();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { received, server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

let receiver: Awaited<ReturnType<typeof startReceiver>>;
beforeEach(async () => {
  receiver = await startReceiver();
  vi.stubEnv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.url);
});
afterEach(() => {
  vi.unstubAllEnvs();
  receiver.server.close();
});

const model = createXgboostModel(parseXgboost(modelBytes("dart.ubj")), "booster", { flavors: {} });

/** Serves a model with what the environment asks for, lets `work` ask it, and closes both. */
async function traced(work: (url: string) => Promise<void>, note: (line: string) => void = () => {}): Promise<void> {
  const tracing: Tracing | undefined = await openTracing(note);
  const holder = createModelHolder(model, { name: "pix", version: "7" });
  const app = await createScoringServer({ model: holder, tracing });
  try {
    await work(await app.listen({ port: 0, host: "127.0.0.1" }));
  } finally {
    await app.close();
    await tracing?.close();
  }
}

const ask = (url: string, headers: Record<string, string> = {}, path = "/invocations", body: unknown = null) =>
  fetch(url + path, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body ?? { inputs: [[1, 2, 3, 4, 5, 6]] }),
  });

describe("traces of a scoring server", () => {
  it("continue the caller's, with a span a step, and say which model answered but not what", async () => {
    vi.stubEnv("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json");
    vi.stubEnv("OTEL_EXPORTER_OTLP_HEADERS", "x-team=pix");
    vi.stubEnv("OTEL_SERVICE_NAME", "fraud");
    let answered: string | null = null;
    await traced(async (url) => {
      const answer = await ask(url, { traceparent: `00-${TRACE}-${PARENT}-01`, "x-request-id": "r-1" });
      expect(answer.status).toBe(200);
      answered = answer.headers.get("traceparent");
      await answer.text();
    });
    expect(receiver.received).toHaveLength(1);
    const [{ path, headers, body }] = receiver.received as [(typeof receiver.received)[0]];
    expect([path, headers["x-team"]]).toEqual(["/v1/traces", "pix"]);
    const sent: Export = JSON.parse(body.toString());
    expect(factsOf(sent.resourceSpans[0]!.resource)).toMatchObject({ "service.name": "fraud" });
    const spans = spansOf(sent);
    const whole = spans.find(({ parentSpanId }) => parentSpanId === PARENT);
    expect(whole).toMatchObject({ traceId: TRACE, name: "POST /invocations", kind: 2 });
    expect(answered).toBe(`00-${TRACE}-${whole?.spanId}-01`);
    expect(factsOf(whole!)).toMatchObject({
      "http.request.method": "POST",
      "http.route": "/invocations",
      "http.response.status_code": 200,
      "esteira.request.id": "r-1",
      "esteira.model.name": "pix",
      "esteira.model.version": "7",
      "esteira.model.variant": "primary",
      "esteira.rows": 1,
    });
    const parts = spans.filter(({ parentSpanId }) => parentSpanId === whole?.spanId);
    expect(parts.map(({ name }) => name)).toEqual(["parse", "predict", "respond"]);
    const times = parts.flatMap((part) => [BigInt(part.startTimeUnixNano), BigInt(part.endTimeUnixNano)]);
    expect(times).toEqual([...times].sort((a, b) => Number(a - b)));
    expect(spans).toHaveLength(4);
  });

  it("begin where the caller has none, follow refusals and the other protocol, and are not sent where the caller samples none", async () => {
    vi.stubEnv("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json");
    await traced(async (url) => {
      expect((await ask(url, { traceparent: `00-${TRACE}-${PARENT}-00` })).status).toBe(200);
      expect((await ask(url, { traceparent: "nonsense" }, "/invocations", {})).status).toBe(400);
      const tensor = { name: "f0", shape: [1], datatype: "FP64", data: [1] };
      expect((await ask(url, {}, "/v2/models/pix/infer", { inputs: [tensor] })).status).toBe(400);
      expect((await fetch(`${url}/ping`)).headers.get("traceparent")).toBeNull();
    });
    const spans = receiver.received.flatMap(({ body }) => spansOf(JSON.parse(body.toString())));
    expect(spans.some(({ traceId }) => traceId === TRACE)).toBe(false);
    const wholes = spans.filter(({ parentSpanId }) => parentSpanId === undefined || parentSpanId === "");
    expect(wholes.map(({ name }) => name).sort()).toEqual(["POST /invocations", "POST /v2/models/:name/infer"]);
    expect(wholes.map((span) => factsOf(span)["http.response.status_code"])).toEqual([400, 400]);
    expect(new Set(wholes.map(({ traceId }) => traceId)).size).toBe(2);
  });

  it.skipIf(PYTHON === undefined)(
    "are protobuf unless JSON is asked for, as OpenTelemetry's own messages read it",
    async () => {
      await traced(async (url) => {
        await (await ask(url, { traceparent: `00-${TRACE}-${PARENT}-01` })).text();
      });
      expect(receiver.received[0]?.headers["content-type"]).toBe("application/x-protobuf");
      const script = [
        "import sys",
        "from google.protobuf.json_format import MessageToJson",
        "from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest as Request",
        "print(MessageToJson(Request.FromString(sys.stdin.buffer.read())))",
      ].join("\n");
      const text = execFileSync(PYTHON ?? "", ["-c", script], { input: receiver.received[0]?.body });
      const spans = spansOf(JSON.parse(text.toString()));
      expect(spans.map(({ name }) => name).sort()).toEqual(["POST /invocations", "parse", "predict", "respond"]);
      const base64 = (hex: string) => Buffer.from(hex, "hex").toString("base64");
      expect(spans.every(({ traceId }) => traceId === base64(TRACE))).toBe(true);
      expect(spans.filter(({ parentSpanId }) => parentSpanId === base64(PARENT))).toHaveLength(1);
    },
  );

  it("fail no request and hold no end up when the receiver is away", async () => {
    receiver.server.close();
    await once(receiver.server, "close");
    vi.stubEnv("OTEL_EXPORTER_OTLP_TIMEOUT", "500");
    const notes: string[] = [];
    await traced(
      async (url) => expect((await ask(url)).status).toBe(200),
      (line) => notes.push(line),
    );
    expect(notes[0]).toMatch(/^Traces[^{}]*connect ECONNREFUSED [^{}]*$/);
  }, 60_000);

  it("are off unless an endpoint is set", async () => {
    vi.stubEnv("OTEL_EXPORTER_OTLP_ENDPOINT", "");
    await traced(async (url) => {
      const answer = await ask(url, { traceparent: `00-${TRACE}-${PARENT}-01` });
      expect(answer.headers.get("traceparent")).toBeNull();
    });
    expect(receiver.received).toEqual([]);
  });
});

describe("otlpProtocolOf", () => {
  const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://localhost:4318" };

  it.each([
    [{}, undefined],
    [endpoint, "http/protobuf"],
    [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "https://otlp.example/v1/traces" }, "http/protobuf"],
    [{ ...endpoint, OTEL_EXPORTER_OTLP_PROTOCOL: "http/json" }, "http/json"],
    [
      { ...endpoint, OTEL_EXPORTER_OTLP_PROTOCOL: "grpc", OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: "http/json" },
      "http/json",
    ],
    [{ ...endpoint, OTEL_SDK_DISABLED: "true" }, undefined],
    [{ ...endpoint, OTEL_TRACES_EXPORTER: "none" }, undefined],
  ])("%j is %s", (env: Record<string, string>, protocol) => {
    expect(otlpProtocolOf(env)).toBe(protocol);
  });

  it.each([
    [{ ...endpoint, OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" }, "expected http/protobuf or http/json"],
    [{ ...endpoint, OTEL_TRACES_EXPORTER: "zipkin" }, "expected otlp or none"],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: "localhost:4318" }, "expected an address"],
  ])("refuses %j", (env: Record<string, string>, message) => {
    expect(() => otlpProtocolOf(env)).toThrow(message);
  });
});
