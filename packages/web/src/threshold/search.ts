import { z } from "zod";
import { lazily } from "../shell/lazily.ts";

const amount = () => z.number().nonnegative().optional().catch(undefined);
const share = () => z.number().min(0).max(1).optional().catch(undefined);

/** What is explored. What is absent is as the run has it. */
export const thresholdSearch = lazily(() =>
  z.object({
    threshold: z.number().optional().catch(undefined),
    /** Alerts that the analysts can look at, a day. */
    capacity: amount(),
    recovery: share(),
    margin: share(),
    falseAlert: amount(),
    alert: amount(),
  }),
);
export type ThresholdSearch = z.output<ReturnType<typeof thresholdSearch>>;
