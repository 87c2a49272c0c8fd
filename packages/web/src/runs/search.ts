import { z } from "zod";

const text = z.string().min(1).optional().catch(undefined);

/** State of an experiment's runs in the URL; what is absent has its default. */
export const runsSearch = z.object({
  /** MLflow's search language. */
  filter: text,
  /** `<column id> asc|desc`; default: newest first. */
  sort: text,
  state: z.enum(["deleted"]).optional().catch(undefined),
  /** Column ids in the order shown; default: chosen from the runs. */
  columns: z.array(z.string()).optional().catch(undefined),
  /** False shows every run in the server's order. */
  nested: z.literal(false).optional().catch(undefined),
  /** Ids of selected runs. */
  selected: z.array(z.string()).optional().catch(undefined),
});
export type RunsSearch = z.output<typeof runsSearch>;
