/** What the page reads of a monitor's report: `monitor.json` of a run whose tag `esteira.kind` is `monitoring`. */

import { z } from "zod";
import { lazily } from "../shell/lazily.ts";

export const LEVELS = ["act", "watch", "info"] as const;
export type Level = (typeof LEVELS)[number];

const schema = lazily(() => {
  /** What is not known is null in JSON. */
  const figure = z.number().nullable();
  const interval = z.object({ low: figure, high: figure });
  const estimated = z.object({ value: figure, interval });
  const cohort = z.object({
    from: z.number(),
    to: z.number(),
    transfers: z.number(),
    alertRate: figure,
    frauds: z.number(),
    recall: figure,
    recallInterval: interval,
    precision: figure,
    labelsToCome: figure,
    mature: z.boolean(),
    estimated: z.object({ recall: estimated }).nullable().default(null),
  });
  const drift = z.object({
    feature: z.string(),
    psi: figure,
    p: figure.default(null),
    missingReference: figure,
    missingCurrent: figure,
    importance: figure,
    impact: figure,
    level: z.enum(["stable", "watch", "act"]),
    histogram: z.object({ reference: z.array(figure), current: z.array(figure) }),
  });
  const spoken = z.object({ en: z.string(), "pt-BR": z.string() });
  return z.object({
    verdict: z.enum(["ok", "watch", "act"]),
    reasons: z.array(z.object({ level: z.enum(LEVELS), text: spoken })),
    asOf: z.number(),
    window: z.object({ from: z.number(), to: z.number() }),
    identity: z.object({ model: z.string(), version: z.string(), reference: z.string() }),
    alertRate: z.object({ transfers: z.number(), rate: figure, budget: figure }),
    latency: z.object({ p99: figure }).nullable().default(null),
    // What reports of earlier versions did not say.
    scoreDrift: drift.nullable().default(null),
    maturityByTypology: z
      .array(
        z.object({ name: z.string(), curve: z.object({ cases: z.number(), medianDays: figure, p90Days: figure }) }),
      )
      .default([]),
    drift: z.array(drift),
    performance: z.object({ cohorts: z.array(cohort) }),
  });
});

export type MonitorReport = z.output<ReturnType<typeof schema>>;
export type Cohort = MonitorReport["performance"]["cohorts"][number];
export type Drift = MonitorReport["drift"][number];

/** Throws, and says where, when the text is no report. */
export function readReport(text: string): MonitorReport {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new Error(`monitor.json is no JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  const read = schema().safeParse(json);
  if (read.success) return read.data;
  const [first] = read.error.issues;
  throw new Error(`monitor.json cannot be read: ${first?.path.join(".") || "the report"}: ${first?.message}`);
}
