/** Spans through OpenTelemetry's own SDK to a receiver of OTLP over HTTP. Its variables set sampler, batches, headers and timeouts. */

import type { IncomingHttpHeaders } from "node:http";
import {
  type Context,
  DiagLogLevel,
  defaultTextMapGetter,
  defaultTextMapSetter,
  diag,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from "@opentelemetry/api";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import { OTLPTraceExporter as JsonExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { OTLPTraceExporter as ProtobufExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from "@opentelemetry/resources";
import { BasicTracerProvider, BatchSpanProcessor } from "@opentelemetry/sdk-trace-base";
import type { OtlpProtocol, RequestTrace, Step, Tracing } from "./tracing.ts";

/** How long the end of a server waits for a receiver that does not answer. */
const CLOSE_MS = 5000;

/** `note` gets what goes wrong with the sending, each sentence once. */
export function startOtlpTracing(protocol: OtlpProtocol, note: (line: string) => void): Tracing {
  diag.setLogger(notesOnce(note), { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
  const exporter = protocol === "http/json" ? new JsonExporter() : new ProtobufExporter();
  const named = resourceFromAttributes({ "service.name": "esteira-models-serve", "process.pid": process.pid });
  const provider = new BasicTracerProvider({
    // What OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES say goes before our names.
    resource: defaultResource()
      .merge(named)
      .merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: [new BatchSpanProcessor(exporter)],
  });
  const tracer = provider.getTracer("esteira");
  const propagator = new W3CTraceContextPropagator();
  return {
    begin(method, route, headers) {
      const clock = startClock();
      const from = propagator.extract(ROOT_CONTEXT, headers, headerGetter);
      const span = tracer.startSpan(
        `${method} ${route}`,
        {
          kind: SpanKind.SERVER,
          startTime: clock(),
          attributes: { "http.request.method": method, "http.route": route },
        },
        from,
      );
      return traceRequest(tracer, clock, trace.setSpan(from, span), span, propagator);
    },
    async close() {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, CLOSE_MS);
      });
      await Promise.race([provider.shutdown().catch((error: unknown) => note(`Traces were lost: ${error}`)), late]);
      clearTimeout(timer);
    },
  };
}

const headerGetter = {
  keys: (headers: IncomingHttpHeaders) => Object.keys(headers),
  get: (headers: IncomingHttpHeaders, key: string) => defaultTextMapGetter.get(headers, key),
};

/** Milliseconds since the epoch with the microseconds that the system's clock leaves out: a row is scored in ten of them. */
function startClock(): () => number {
  const [epoch, began] = [Date.now(), performance.now()];
  return () => epoch + (performance.now() - began);
}

function traceRequest(
  tracer: Tracer,
  clock: () => number,
  context: Context,
  span: Span,
  propagator: W3CTraceContextPropagator,
): RequestTrace {
  const out: Record<string, string> = {};
  propagator.inject(context, out, defaultTextMapSetter);
  let part: Span | undefined;
  // A caller may hang up before the answer is made.
  let isOver = false;
  return {
    traceparent: out.traceparent ?? "",
    step(name: Step) {
      if (isOver) return;
      const now = clock();
      part?.end(now);
      part = tracer.startSpan(name, { startTime: now }, context);
    },
    set(facts) {
      if (!isOver) span.setAttributes(facts);
    },
    end(status) {
      isOver = true;
      const now = clock();
      part?.end(now);
      span.setAttribute("http.response.status_code", status);
      if (status >= 500) {
        span.setAttribute("error.type", String(status));
        span.setStatus({ code: SpanStatusCode.ERROR });
      }
      span.end(now);
    },
  };
}

/** What the SDK tells of its troubles, without its counts: a receiver that is away must not fill the log. */
function notesOnce(note: (line: string) => void) {
  const said = new Set<string>();
  const say = (text: string): void => {
    // An error comes as JSON of its fields.
    const line = `Traces: ${(/"message":"([^"]+)"/.exec(text)?.[1] ?? text).slice(0, 300)}`;
    const kind = line.replace(/\d+/g, "0");
    if (said.size < 100 && !said.has(kind)) note(line);
    said.add(kind);
  };
  const silent = (): void => undefined;
  return { error: say, warn: say, info: silent, debug: silent, verbose: silent };
}
