import { z } from "zod";

const share = z.number().min(0).max(1);
const money = z.number().nonnegative();
const counts = z.array(z.int().nonnegative());

/**
 * What each of many thresholds does on one set of rows: the run artifact `operating-points.json`, from which a threshold can be
 * chosen without the rows. Lists are parallel, by descending threshold; a row is alerted when its score is at or above it.
 */
export const operatingPointsWire = z
  .object({
    format: z.literal(1),
    rows: z.int().positive(),
    frauds: z.int().nonnegative(),
    /** How many days the rows span. */
    days: z.number().positive(),
    /** Of all frauds, in one unit of money. */
    fraudAmount: money,
    currency: z.string().regex(/^[A-Z]{3}$/),
    /** The threshold that the model was given. */
    threshold: z.number(),
    /** Where an explorer starts: assumptions, not measurements. */
    costs: z.object({
      /** Share of a lost amount that comes back. */
      recovery: share,
      /** Margin lost on an honest transfer that is refused, as a share of its amount. */
      margin: share,
      /** Contact and churn for each honest customer refused. */
      falseAlert: money,
      /** Analyst's time for each alert. */
      alert: money,
    }),
    points: z.object({
      threshold: z.array(z.number()).min(1),
      alerts: counts,
      /** Frauds among them. */
      caught: counts,
      /** Of the frauds among them. */
      caughtAmount: z.array(money),
      /** Of the honest rows among them. */
      honestAmount: z.array(money),
    }),
  })
  .refine(
    ({ points }) => Object.values(points).every(({ length }) => length === points.threshold.length),
    "The lists of the points differ in length.",
  );
export type OperatingPoints = z.output<typeof operatingPointsWire>;

/** Where a run keeps it. */
export const OPERATING_POINTS = "operating-points.json";
