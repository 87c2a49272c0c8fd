import { invalid } from "@esteira/core/errors";
import { z } from "zod";
import type { CardGroup, ModelCard } from "./card.ts";

/** A figure that JSON has no word for is null in the file. */
const figure = z.number().nullable();
const range = z.object({ low: figure, high: figure });
const group = z.object({
  name: z.string(),
  rows: z.int().nonnegative(),
  frauds: z.int().nonnegative(),
  caught: z.int().nonnegative(),
  recall: figure,
  recallInterval: range,
  falsePositiveRate: figure,
});

/** What a card takes of an `evaluation.json`. */
const evaluationWire = z.object({
  rows: z.int().nonnegative(),
  positives: z.int().nonnegative(),
  prevalence: z.number(),
  threshold: z.number(),
  metrics: z.record(z.string(), z.number()),
  intervals: z.record(z.string(), range),
  typologies: z.array(group),
  slices: z.record(z.string(), z.array(group)),
});

type Evaluation = NonNullable<ModelCard["evaluation"]>;

/** Throws INVALID_PARAMETER_VALUE when the text is no evaluation of ours. */
export function readEvaluation(text: string, source: string): Evaluation {
  const read = evaluationWire.safeParse(jsonOf(text));
  if (!read.success) throw invalid(`${source} is no evaluation: ${read.error.issues[0]?.message ?? "not readable"}.`);
  const { rows, positives, prevalence, threshold, metrics, intervals, typologies, slices } = read.data;
  return {
    source,
    rows,
    frauds: positives,
    prevalence,
    threshold,
    metrics: Object.entries(metrics).map(([name, value]) => ({
      name,
      value,
      interval: whole(Object.hasOwn(intervals, name) ? intervals[name] : undefined),
    })),
    typologies: typologies.map(toGroup),
    slices: Object.entries(slices).map(([name, groups]) => ({ name, groups: groups.map(toGroup) })),
  };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const toGroup = (read: z.output<typeof group>): CardGroup => ({
  name: read.name,
  rows: read.rows,
  frauds: read.frauds,
  caught: read.caught,
  recall: read.frauds === 0 ? null : read.recall,
  interval: read.frauds === 0 ? null : whole(read.recallInterval),
  false_positive_rate: read.falsePositiveRate,
});

const whole = (range: { low: number | null; high: number | null } | undefined) =>
  range === undefined || range.low === null || range.high === null ? null : { low: range.low, high: range.high };
