import { z } from "zod";
import { viewSearch } from "../charts/search.ts";

export const compareSearch = z.object({
  ...viewSearch.shape,
  /** Run ids, in the order of the columns. */
  runs: z.array(z.string()).optional().catch(undefined),
  /** Show only lines on which the runs differ. */
  differences: z.literal(true).optional().catch(undefined),
});
