import { z } from "zod";
import { common, defineCheck, figure, lacking } from "./check.ts";

/** The packaged model answers in time. */
export const latencyCheck = defineCheck({
  proves: "The packaged model answers one transfer in time.",
  inputs: ["latency"],
  settings: z.strictObject({
    check: z.literal("latency"),
    quantile: z.enum(["p50", "p90", "p95", "p99", "max"]).default("p99"),
    max: z.number().gt(0).describe("Milliseconds."),
    support: z.number().int().min(1).default(1000).describe("Requests needed to judge."),
    ...common,
  }),
  title: ({ quantile, max }) => `latency ${quantile} at most ${max} ms`,
  judge({ quantile, max, support }, { latency }) {
    if (latency === undefined) return lacking("The latency of the packaged model");
    const { count, mean, p50, p90, p95, p99, max: highest } = latency;
    const evidence = {
      requests: count,
      mean_ms: mean,
      p50_ms: p50,
      p90_ms: p90,
      p95_ms: p95,
      p99_ms: p99,
      max_ms: highest,
    };
    if (count < support) {
      return {
        status: "not_enough_evidence",
        found: `${count} requests`,
        reason: `Only ${count} requests were timed; ${support} are needed.`,
        evidence,
      };
    }
    const value = latency[quantile];
    return {
      status: value <= max ? "passed" : "refused",
      found: `${figure(value)} ms`,
      reason: `${quantile} is ${figure(value)} ms over ${count} requests; the limit is ${max} ms.`,
      evidence,
    };
  },
});
