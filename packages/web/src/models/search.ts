import { z } from "zod";
import { lazily } from "../shell/lazily.ts";
import { FILTERS } from "./timeline-story.ts";

export const modelsSearch = lazily(() =>
  z.object({
    /** Part of a name. */
    q: z.string().min(1).optional().catch(undefined),
  }),
);

export const MODEL_TABS = ["versions", "monitoring", "timeline", "flows", "protection", "details"] as const;
export type ModelTab = (typeof MODEL_TABS)[number];

export const modelSearch = lazily(() =>
  z.object({
    /** Default: versions. */
    tab: z.enum(MODEL_TABS).optional().catch(undefined),
    /** Which entries of the timeline; default: all. */
    show: z.enum(FILTERS).optional().catch(undefined),
    /** The id of a flow; default: the newest. */
    flow: z.int().positive().optional().catch(undefined),
    /** The run of a monitoring report; default: the newest. */
    report: z.string().optional().catch(undefined),
    /** Versions that are picked for comparing. */
    picked: z.array(z.string()).max(2).optional().catch(undefined),
  }),
);

export const VERSION_TABS = ["overview", "evidence", "promotion", "card"] as const;
export type VersionTab = (typeof VERSION_TABS)[number];

export const versionSearch = lazily(() =>
  z.object({
    /** Default: overview. */
    tab: z.enum(VERSION_TABS).optional().catch(undefined),
  }),
);

export const versionCompareSearch = lazily(() =>
  z.object({
    a: z.coerce.string().catch("1"),
    b: z.coerce.string().catch("2"),
    /** What is equal too. */
    all: z.literal(true).optional().catch(undefined),
  }),
);
