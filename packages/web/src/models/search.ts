import { z } from "zod";

export const modelsSearch = z.object({
  /** Part of a name. */
  q: z.string().min(1).optional().catch(undefined),
});
