import { z } from "zod";
import { lazily } from "../shell/lazily.ts";

export const deploymentsSearch = lazily(() =>
  z.object({
    /** Part of a name, a model or a place. */
    q: z.string().min(1).optional().catch(undefined),
    /** Those that have ended, too. */
    ended: z.literal(true).optional().catch(undefined),
  }),
);
