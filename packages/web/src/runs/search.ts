import type { ViewType } from "@esteira/core/entities/page";
import { z } from "zod";
import { lazily } from "../shell/lazily.ts";
import { AGGREGATES } from "./grouping.ts";

const text = () => z.string().min(1).optional().catch(undefined);
const texts = () => z.array(z.string()).optional().catch(undefined);

/** State of an experiment's runs in the URL; what is absent has its default. */
export const runsSearch = lazily(() =>
  z.object({
    /** MLflow's search language. */
    filter: text(),
    /** `<column id> asc|desc`; default: newest first. */
    sort: text(),
    state: z.enum(["deleted", "archived"]).optional().catch(undefined),
    /** Column ids in the order shown; default: chosen from the runs. */
    columns: texts(),
    /** Columns that stay at the left while the others scroll. */
    pinned: texts(),
    /** Pixels, of columns that somebody has made wider or narrower. */
    widths: z.record(z.string(), z.number().int().min(40).max(2000)).optional().catch(undefined),
    /** Columns by which runs are grouped, the outer one first. */
    groups: texts(),
    /** What a group shows of its runs' numbers; default: the mean. */
    agg: z.enum(AGGREGATES).optional().catch(undefined),
    /** False shows every run in the order of the table. */
    nested: z.literal(false).optional().catch(undefined),
    /** The id of the saved view that this was. */
    view: text(),
    /** Ids of selected runs, where they are few. */
    selected: texts(),
  }),
);
export type RunsSearch = z.output<ReturnType<typeof runsSearch>>;

export const stateOf = ({ state }: RunsSearch): "active" | "archived" | "deleted" => state ?? "active";
export const viewOf = ({ state }: RunsSearch): ViewType => (state === "deleted" ? "DELETED_ONLY" : "ACTIVE_ONLY");

/** What a saved view keeps: how runs are looked at, not which of them are selected. */
export const viewState = lazily(() => runsSearch().omit({ view: true, selected: true }));
export type ViewState = z.output<ReturnType<typeof viewState>>;
/** All of it, so that what the view does not have is undone. */
export const wholeState = (state: ViewState): Required<{ [Key in keyof ViewState]: ViewState[Key] | undefined }> => ({
  filter: state.filter,
  sort: state.sort,
  state: state.state,
  columns: state.columns,
  pinned: state.pinned,
  widths: state.widths,
  groups: state.groups,
  agg: state.agg,
  nested: state.nested,
});
