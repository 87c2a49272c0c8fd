import { z } from "zod";
import { lazily } from "../shell/lazily.ts";
import { viewSearch } from "./search.ts";

export const chartsPageSearch = lazily(() =>
  z.object({
    ...viewSearch().shape,
    /** Of which runs, in the search language; all of the experiment when absent. */
    filter: z.string().min(1).optional().catch(undefined),
  }),
);
export type ChartsPageSearch = z.output<ReturnType<typeof chartsPageSearch>>;
