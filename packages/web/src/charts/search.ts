import { z } from "zod";

/** How charts are drawn, in the URL. */
export const chartSearch = z.object({
  log: z.literal(true).optional().catch(undefined),
  /** 0 to 0.99. */
  smoothing: z.number().min(0).max(0.99).optional().catch(undefined),
});
export type ChartSearch = z.output<typeof chartSearch>;
