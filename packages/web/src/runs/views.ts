import type { Experiment } from "@esteira/core/entities/experiment";
import { experimentId } from "@esteira/core/ids";
import { experimentClient } from "../api/experiment-client.ts";
import { experimentQuery } from "../api/experiment-queries.ts";
import { queries } from "../api/query-client.ts";
import { type RunsSearch, type ViewState, viewState } from "./search.ts";

/** A way to look at an experiment's runs under a name, kept as a tag of the experiment: all of a team see it. */
export interface SavedView {
  readonly id: string;
  readonly name: string;
  readonly state: ViewState;
  /** As it is kept: two people may save the same view. */
  readonly text: string;
}

const PREFIX = "esteira.view.";
/** What an experiment's tag may hold. */
const LONGEST = 5000;
const ID = /^[\w-]{1,40}$/;

export function viewsOf(experiment: Experiment | undefined): readonly SavedView[] {
  const views = experiment?.tags.flatMap(({ key, value }) => {
    const id = key.startsWith(PREFIX) ? key.slice(PREFIX.length) : "";
    const view = ID.test(id) ? readView(value) : undefined;
    return view === undefined ? [] : [{ id, text: value, ...view }];
  });
  return (views ?? []).sort((a, b) => a.name.localeCompare(b.name));
}

/** Somebody else, or an older or newer release, may have written anything. */
function readView(text: string): { name: string; state: ViewState } | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || !("name" in value) || typeof value.name !== "string")
      return undefined;
    const state = viewState().safeParse("state" in value ? value.state : {});
    return state.success ? { name: value.name, state: state.data } : undefined;
  } catch {
    return undefined;
  }
}

const written = (name: string, state: ViewState): string => JSON.stringify({ name, state: viewState().parse(state) });

/** Whether the page looks at the runs as the view does. */
export const isAsSaved = (view: SavedView, search: RunsSearch): boolean =>
  written(view.name, search) === written(view.name, view.state);

/** Somebody else has changed or removed the view since this page has read it. */
export class ChangedMeanwhile extends Error {}
export class TooLong extends Error {}

/** Saves under a name; `replaced` is the view as it was when it was read, undefined for a new one. Gives its id. */
export async function saveView(
  experiment: string,
  name: string,
  state: ViewState,
  replaced: SavedView | undefined,
): Promise<string> {
  const value = written(name, state);
  if (value.length > LONGEST) throw new TooLong();
  const id = replaced?.id ?? newId();
  if (replaced !== undefined) {
    const now = await experimentClient.get(experimentId(experiment));
    if (viewsOf(now).find((view) => view.id === id)?.text !== replaced.text) {
      queries.setQueryData(experimentQuery(experiment).queryKey, now);
      throw new ChangedMeanwhile();
    }
  }
  await experimentClient.setTag(experimentId(experiment), { key: PREFIX + id, value });
  await queries.invalidateQueries({ queryKey: experimentQuery(experiment).queryKey });
  return id;
}

export async function removeView(experiment: string, { id }: SavedView): Promise<void> {
  await experimentClient.deleteTag(experimentId(experiment), PREFIX + id);
  await queries.invalidateQueries({ queryKey: experimentQuery(experiment).queryKey });
}

/** Puts a removed view back under its id, so that links to it lead somewhere again. */
export async function restoreView(experiment: string, { id, text }: SavedView): Promise<void> {
  await experimentClient.setTag(experimentId(experiment), { key: PREFIX + id, value: text });
  await queries.invalidateQueries({ queryKey: experimentQuery(experiment).queryKey });
}

/** A page that was not loaded over TLS has no randomUUID. */
const newId = (): string =>
  [...crypto.getRandomValues(new Uint8Array(6))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
