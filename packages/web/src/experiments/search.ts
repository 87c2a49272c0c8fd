import { z } from "zod";

export const experimentsSearch = z.object({
  /** Part of a name. */
  q: z.string().min(1).optional().catch(undefined),
  deleted: z.literal(true).optional().catch(undefined),
});
