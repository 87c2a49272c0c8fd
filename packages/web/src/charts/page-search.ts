import { z } from "zod";
import { viewSearch } from "./search.ts";

export const chartsPageSearch = z.object({
  ...viewSearch.shape,
  /** Of which runs, in the search language; all of the experiment when absent. */
  filter: z.string().min(1).optional().catch(undefined),
});
export type ChartsPageSearch = z.output<typeof chartsPageSearch>;
