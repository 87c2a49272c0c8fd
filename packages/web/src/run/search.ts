import { z } from "zod";
import { chartSearch } from "../charts/search.ts";
import { lazily } from "../shell/lazily.ts";

export const RUN_TABS = ["overview", "charts", "artifacts", "model"] as const;
export type RunTab = (typeof RUN_TABS)[number];

export const runSearch = lazily(() =>
  z.object({
    ...chartSearch().shape,
    /** Default: overview. */
    tab: z.enum(RUN_TABS).optional().catch(undefined),
    /** An artifact's path. */
    path: z.string().min(1).optional().catch(undefined),
    /** The logged model whose files `path` is among; default: the run's own. */
    model: z.string().min(1).optional().catch(undefined),
  }),
);
export type RunSearch = z.output<ReturnType<typeof runSearch>>;
