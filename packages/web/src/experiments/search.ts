import { z } from "zod";
import { lazily } from "../shell/lazily.ts";

export const experimentsSearch = lazily(() =>
  z.object({
    /** Part of a name. */
    q: z.string().min(1).optional().catch(undefined),
    deleted: z.literal(true).optional().catch(undefined),
  }),
);
