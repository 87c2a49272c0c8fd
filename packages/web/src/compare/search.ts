import { z } from "zod";
import { viewSearch } from "../charts/search.ts";
import { lazily } from "../shell/lazily.ts";

const text = () => z.string().min(1).optional().catch(undefined);

export const compareSearch = lazily(() =>
  z.object({
    ...viewSearch().shape,
    /** Run ids, in the order of the columns. */
    runs: z.array(z.string()).optional().catch(undefined),
    /** Show only lines on which the runs differ. */
    differences: z.literal(true).optional().catch(undefined),
    /** The run that the others are measured against. */
    baseline: text(),
    /** The runs whose uncommitted changes are set beside each other; default: the baseline or the first, and the next. */
    before: text(),
    after: text(),
    /** The artifact that is shown of each run. */
    file: text(),
  }),
);
