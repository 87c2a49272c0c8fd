/** What CloudWatch knows of an endpoint: how its variants have done, and what their containers wrote. */

import type { Observation } from "../observation.ts";
import type { Aws } from "./aws.ts";
import { asked, ifThere } from "./errors.ts";

const METRICS = {
  requests: ["Invocations", "Sum"],
  callers: ["Invocation4XXErrors", "Sum"],
  failed: ["Invocation5XXErrors", "Sum"],
  p50: ["ModelLatency", "p50"],
  p99: ["ModelLatency", "p99"],
  max: ["ModelLatency", "Maximum"],
} as const;
type Metric = keyof typeof METRICS;
const ALL: readonly Metric[] = ["requests", "callers", "failed", "p50", "p99", "max"];
const TRACKS = ["primary", "canary", "shadow"] as const;
const MINUTE_MS = 60_000;
/** ModelLatency is in microseconds. */
const SECOND = 1e6;
const STREAMS = 10;

/** From the first whole minute after a time on, in milliseconds: the minute of a change has both in it. CloudWatch is some minutes late. */
export async function observed(aws: Aws, name: string, generation: number, since: number): Promise<Observation> {
  const client = await aws.metrics();
  const start = new Date(Math.ceil(since / MINUTE_MS) * MINUTE_MS);
  const values = new Map<string, number[]>();
  let NextToken: string | undefined;
  do {
    const page = await asked(`ask how ${name} has done`, () =>
      client.getMetricData({
        StartTime: start,
        EndTime: new Date(Math.max(Date.now(), start.getTime()) + MINUTE_MS),
        NextToken,
        MetricDataQueries: TRACKS.flatMap((track) =>
          ALL.map((metric) => ({
            Id: `${track}_${metric}`,
            MetricStat: {
              Metric: {
                Namespace: "AWS/SageMaker",
                MetricName: METRICS[metric][0],
                Dimensions: [
                  { Name: "EndpointName", Value: name },
                  { Name: "VariantName", Value: track },
                ],
              },
              Period: MINUTE_MS / 1000,
              Stat: METRICS[metric][1],
            },
          })),
        ),
      }),
    );
    for (const { Id = "", Values = [] } of page.MetricDataResults ?? [])
      values.set(Id, [...(values.get(Id) ?? []), ...Values]);
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
  const all = (track: string, metric: Metric) => values.get(`${track}_${metric}`) ?? [];
  const sum = (track: string, metric: Metric) => Math.round(all(track, metric).reduce((a, b) => a + b, 0));
  const failed = (track: string) => sum(track, "callers") + sum(track, "failed");
  /** The worst minute's: minutes cannot be put together. */
  const worst = (track: string, metric: Metric) => Math.max(...all(track, metric)) / SECOND;
  const variant = (track: "primary" | "canary") => ({
    requests: sum(track, "requests"),
    failed: failed(track),
    ...(all(track, "p99").length === 0
      ? {}
      : { seconds: { p50: worst(track, "p50"), p99: worst(track, "p99"), max: worst(track, "max") } }),
  });
  return {
    generation,
    seconds: Math.max(0, Date.now() - start.getTime()) / 1000,
    primary: variant("primary"),
    canary: variant("canary"),
    // What a shadow answers AWS drops: it is counted, and compared with nothing.
    shadow: { compared: 0, failed: failed("shadow"), missed: 0 },
  };
}

/** The last lines of its containers, in the order of time. */
export async function written(aws: Aws, name: string, lines: number): Promise<readonly string[]> {
  const client = await aws.logs();
  const logGroupName = `/aws/sagemaker/Endpoints/${name}`;
  const found = await ifThere(`list what ${name} wrote`, () =>
    client.describeLogStreams({ logGroupName, orderBy: "LastEventTime", descending: true, limit: STREAMS }),
  );
  const streams = (found?.logStreams ?? []).flatMap(({ logStreamName }) => logStreamName ?? []);
  const each = await Promise.all(
    streams.map(async (logStreamName) => {
      const page = await asked(`read what ${name} wrote`, () =>
        client.getLogEvents({ logGroupName, logStreamName, limit: Math.min(10_000, Math.max(1, lines)) }),
      );
      const events = page.events ?? [];
      const track = logStreamName.split("/")[0] ?? "";
      return events.map(({ timestamp = 0, message = "" }) => ({ timestamp, line: `[${track}] ${message.trimEnd()}` }));
    }),
  );
  const ordered = each.flat().sort((a, b) => a.timestamp - b.timestamp);
  return lines === 0 ? [] : ordered.slice(-lines).map(({ line }) => line);
}
