import { z } from "zod";
import { lazily } from "../shell/lazily.ts";
import { BANDS } from "./groups.ts";

const flag = () => z.literal(true).optional().catch(undefined);
const text = () => z.string().min(1).optional().catch(undefined);
const finite = () => z.number().optional().catch(undefined);

/** How curves are drawn, in the URL; what is absent has its default. */
export const chartSearch = lazily(() =>
  z.object({
    /** What curves run along: `relative`, `time` or `metrics.KEY`; steps when absent. */
    x: text(),
    /** Log scales of values, and of what they run along. */
    log: flag(),
    logX: flag(),
    /** 0 to 0.99. */
    smoothing: z.number().min(0).max(0.99).optional().catch(undefined),
    /** Leave extreme values outside of the picture. */
    clip: flag(),
    /** Curves of one group as one: `params.KEY`, `tags.KEY` or `user`. */
    group: text(),
    band: z.enum(BANDS).optional().catch(undefined),
    /** The part of the axis that is shown, on all charts. */
    from: finite(),
    to: finite(),
    /** Only metrics with this in their names. */
    find: text(),
    /** The metric that fills the screen. */
    full: text(),
  }),
);
export type ChartSearch = z.output<ReturnType<typeof chartSearch>>;

export const CHART_VIEWS = ["lines", "parallel", "scatter", "contour", "importance", "curves"] as const;
export type ChartView = (typeof CHART_VIEWS)[number];
export const CURVE_KINDS = ["pr", "roc", "calibration"] as const;
export type CurveKind = (typeof CURVE_KINDS)[number];

/** Which picture of many runs is shown, and of what; columns are named as in the table, `metrics.auc`. */
export const viewSearch = lazily(() =>
  z.object({
    ...chartSearch().shape,
    /** Default: lines. */
    view: z.enum(CHART_VIEWS).optional().catch(undefined),
    /** Axes of the parallel coordinates. */
    axes: z.array(z.string()).optional().catch(undefined),
    /** Parts of those axes that were chosen: from and to, as shares of the axis from its low end. */
    brushes: z
      .record(z.string(), z.tuple([z.number(), z.number()]).readonly())
      .optional()
      .catch(undefined),
    /** Axes and colour of scatter and contour. */
    across: text(),
    up: text(),
    color: text(),
    /** The metric whose parameters are weighed, and which colours the parallel coordinates. */
    target: text(),
    curve: z.enum(CURVE_KINDS).optional().catch(undefined),
  }),
);
export type ViewSearch = z.output<ReturnType<typeof viewSearch>>;
