import { REVIEW_ORDERS, REVIEW_STATES } from "@esteira/core/entities/review";
import { z } from "zod";
import { lazily } from "../shell/lazily.ts";

export const reviewsSearch = lazily(() =>
  z.object({
    /** Default: waiting. */
    state: z
      .enum([...REVIEW_STATES, "all"])
      .optional()
      .catch(undefined),
    version: z.string().min(1).optional().catch(undefined),
    /** The strongest reason. */
    reason: z.string().min(1).optional().catch(undefined),
    /** The least amount of money. */
    from: z.number().positive().optional().catch(undefined),
    /** Default: risk. */
    order: z.enum(REVIEW_ORDERS).optional().catch(undefined),
    /** The decision that is looked at. */
    alert: z.string().min(1).optional().catch(undefined),
  }),
);
export type ReviewsSearch = z.output<ReturnType<typeof reviewsSearch>>;
