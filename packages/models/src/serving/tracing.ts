/** What a scoring request went through, for OpenTelemetry. The server knows this port only: off, nothing of it is loaded or made. */

import type { IncomingHttpHeaders } from "node:http";
import { invalid } from "@esteira/core/errors";

/** `request` is the whole; the others are its parts, one after the other. */
export type Step = "parse" | "predict" | "respond";

export interface RequestTrace {
  /** The W3C header that names this request's span, for the answer. */
  readonly traceparent: string;
  /** Ends the part under way and begins another. */
  step(name: Step): void;
  /** Facts of the whole request. */
  set(facts: Readonly<Record<string, string | number>>): void;
  /** Ends the request and the part under way. */
  end(status: number): void;
}

export interface Tracing {
  /** Continues the trace of the request's `traceparent` and `tracestate`, or begins one. `route` is `/invocations` or alike. */
  begin(method: string, route: string, headers: IncomingHttpHeaders): RequestTrace;
  /** Sends what waits. */
  close(): Promise<void>;
}

const PROTOCOLS = ["http/protobuf", "http/json"] as const;
export type OtlpProtocol = (typeof PROTOCOLS)[number];

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Which OTLP protocol OpenTelemetry's variables ask for; undefined when they ask for no traces, which is so unless an
 * endpoint is set. Throws INVALID_PARAMETER_VALUE for an exporter or a protocol that is not here.
 */
export function otlpProtocolOf(env: Environment): OtlpProtocol | undefined {
  const given = (name: string): string | undefined => env[name]?.trim() || undefined;
  if (given("OTEL_SDK_DISABLED")?.toLowerCase() === "true") return undefined;
  const exporter = given("OTEL_TRACES_EXPORTER");
  if (exporter === "none") return undefined;
  if (exporter !== undefined && exporter !== "otlp")
    throw invalid(`OTEL_TRACES_EXPORTER is '${exporter}': expected otlp or none, the exporters that are here.`);
  const endpoint = given("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") ?? given("OTEL_EXPORTER_OTLP_ENDPOINT");
  if (endpoint === undefined) return undefined;
  if (!URL.canParse(endpoint) || !/^https?:$/.test(new URL(endpoint).protocol))
    throw invalid(`The OTLP endpoint is '${endpoint}': expected an address such as http://localhost:4318.`);
  const protocol =
    given("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL") ?? given("OTEL_EXPORTER_OTLP_PROTOCOL") ?? "http/protobuf";
  const known = PROTOCOLS.find((one) => one === protocol);
  if (known === undefined)
    throw invalid(`OTEL_EXPORTER_OTLP_PROTOCOL is '${protocol}': expected ${PROTOCOLS.join(" or ")}.`);
  return known;
}

/** The tracing that this process's environment asks for; undefined when it asks for none. Throws as `otlpProtocolOf` does. */
export async function openTracing(note: (line: string) => void): Promise<Tracing | undefined> {
  const protocol = otlpProtocolOf(process.env);
  if (protocol === undefined) return undefined;
  const { startOtlpTracing } = await import("./otlp-tracing.ts");
  return startOtlpTracing(protocol, note);
}
