import { z } from "zod";

/** Null is infinite: a difference between answers of different shapes. */
const quantiles = z.object({ p50: z.number().nullable(), p99: z.number().nullable(), max: z.number().nullable() });

const variant = z.object({
  /** Requests that it was given, and those on which it failed, whosever fault that was. */
  requests: z.int(),
  failed: z.int(),
  /** That its model took. */
  seconds: quantiles.optional(),
});

/** How models have done since a deployment was last changed (its generation): what a canary is judged by. */
export const observationWire = z.object({
  generation: z.int(),
  /** Since then; absent from images that are older than this figure. */
  seconds: z.number().optional(),
  primary: variant,
  canary: variant,
  shadow: z.object({
    compared: z.int(),
    failed: z.int(),
    missed: z.int(),
    /** Between the answer of a row and the shadow's, in the unit of the answer. */
    difference: quantiles.optional(),
    /** An answer and the shadow's to the same row, of the newest rows. */
    scores: z.array(z.tuple([z.number(), z.number()])).optional(),
  }),
});
export type Observation = z.output<typeof observationWire>;
