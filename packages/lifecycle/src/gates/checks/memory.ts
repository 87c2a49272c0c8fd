import { z } from "zod";
import { common, defineCheck, figure, lacking } from "./check.ts";

/** What the packaged model's service held at most. */
export interface MemorySummary {
  /** MiB that lay in memory at once, of the process and those that it started. */
  readonly peakMiB: number;
  /** That it had answered by then. */
  readonly requests: number;
}

/** The packaged model fits where it is to be served. */
export const memoryCheck = defineCheck({
  proves: "The packaged model, served and asked, keeps within its memory.",
  inputs: ["memory"],
  settings: z.strictObject({
    check: z.literal("memory"),
    max: z.number().gt(0).describe("MiB."),
    support: z.number().int().min(1).default(200).describe("Answered requests needed to judge."),
    ...common,
  }),
  title: ({ max }) => `memory at most ${max} MiB`,
  judge({ max, support }, { memory }) {
    if (memory === undefined) return lacking("The memory of the served model (Linux tells it)");
    const { peakMiB, requests } = memory;
    const evidence = { peak_mib: peakMiB, requests };
    if (requests < support) {
      return {
        status: "not_enough_evidence",
        found: `${requests} requests`,
        reason: `Only ${requests} requests were answered; ${support} are needed.`,
        evidence,
      };
    }
    return {
      status: peakMiB <= max ? "passed" : "refused",
      found: `${figure(peakMiB)} MiB`,
      reason: `The service held ${figure(peakMiB)} MiB at most over ${requests} requests; the limit is ${max} MiB.`,
      evidence,
    };
  },
});
