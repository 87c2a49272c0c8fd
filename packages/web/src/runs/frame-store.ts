import type { ViewType } from "@esteira/core/entities/page";
import { COLUMN_ATTRIBUTES, type RunColumnsQuery } from "@esteira/core/entities/run-columns";
import { EsteiraError } from "@esteira/core/errors";
import { experimentId, type RunId } from "@esteira/core/ids";
import type { RunColumnsAnswer } from "@esteira/core/wire/run-columns";
import { queries } from "../api/query-client.ts";
import { runClient } from "../api/run-client.ts";
import { PARENT_COLUMN } from "./display.ts";
import { type Frame, withAnswer, withNews, without } from "./frame.ts";
import { START_COLUMN } from "./grouping.ts";

/** Set on a run that its people have put away. */
export const ARCHIVED_TAG = "esteira.archived";
export const ARCHIVED_COLUMN = `tags.${ARCHIVED_TAG}`;
/** What every table needs of its runs, whatever it shows. */
const BASE = ["attributes.run_name", "attributes.status", START_COLUMN, PARENT_COLUMN, ARCHIVED_COLUMN] as const;
/** Rows that are on the screen before all others are asked for. */
const FIRST_RUNS = 60;
export const MOST_RUNS = 250_000;
const MOST_TEXT = 500;
/** Columns of one question: each is shown as soon as it is here. */
const AT_ONCE = 4;
const NEWS_MS = 1000;
/** The first rows come first: a stream would hold one of the few connections that a browser makes. */
const FOLLOW_AFTER_MS = 2500;
const NEWEST_MS = 15_000;
const NEWEST_RUNS = 100;
const RETRY_MS = 4000;
/** Runs of one question by id. */
const MOST_IDS = 100;

export interface FrameState {
  readonly frame: Frame | undefined;
  /** Why the last question failed; the frame that was there stays. */
  readonly error: unknown;
  /** Whether all runs are here, and not only the first rows. */
  readonly isComplete: boolean;
}

/** The runs of one experiment as a frame: what is asked for comes in the order of need, and news are put in. */
export class FrameStore {
  readonly #experiment: string;
  readonly #view: ViewType;
  #state: FrameState = { frame: undefined, error: undefined, isComplete: false };
  readonly #listeners = new Set<() => void>();
  /** Undefined until the page knows what it shows. */
  #wanted: readonly string[] | undefined;
  #isWhole = false;
  #loading = false;
  #users = 0;
  #stop = new AbortController();
  readonly #news = new Set<RunId>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(experiment: string, view: ViewType) {
    this.#experiment = experiment;
    this.#view = view;
  }

  readonly state = (): FrameState => this.#state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    if (this.#users++ === 0) this.#begin();
    return () => {
      this.#listeners.delete(listener);
      if (--this.#users === 0) this.#stop.abort();
    };
  };

  /** Columns that the page needs, the most urgent first. With `whole` the first rows alone are of no use to it. */
  want(columns: readonly string[], whole: boolean): void {
    this.#wanted = columns;
    this.#isWhole = whole;
    if (this.#users > 0) void this.#load();
  }

  /** Asks for everything anew. */
  refresh(): void {
    void this.#load(true);
  }

  /** These runs have changed: asks what they are now. */
  touch(ids: readonly RunId[]): void {
    for (const id of ids) this.#news.add(id);
    this.#timer ??= setTimeout(() => void this.#tell(), NEWS_MS);
  }

  /** These runs are no longer of this list. */
  remove(ids: ReadonlySet<string>): void {
    const { frame } = this.#state;
    if (frame !== undefined) this.#set({ frame: without(frame, ids) });
  }

  #set(change: Partial<FrameState>): void {
    this.#state = { ...this.#state, ...change };
    for (const listener of this.#listeners) listener();
  }

  #begin(): void {
    this.#stop = new AbortController();
    const { signal } = this.#stop;
    void this.#load(this.#state.frame !== undefined);
    const follow = setTimeout(() => {
      if (this.#view !== "DELETED_ONLY") void this.#follow(signal);
    }, FOLLOW_AFTER_MS);
    const newest = setInterval(() => {
      if (document.visibilityState === "visible" && this.#state.isComplete) void this.#askNewest();
    }, NEWEST_MS);
    signal.addEventListener("abort", () => {
      clearInterval(newest);
      clearTimeout(follow);
      clearTimeout(this.#timer);
      this.#timer = undefined;
    });
  }

  /** Runs that are being logged tell their news. */
  async #follow(signal: AbortSignal): Promise<void> {
    try {
      for await (const event of runClient.watch({ experimentIds: [experimentId(this.#experiment)] }, signal)) {
        if (event.kind === "run") this.touch([event.run.info.runId]);
        if (event.kind === "metrics") this.touch([event.runId]);
        if (event.kind === "live") this.touch(event.runIds);
      }
    } catch {
      // Left, or the server stays away: what is asked next says so.
    }
  }

  async #ask(more: Pick<RunColumnsQuery, "columns" | "maxRuns"> & { filter?: string }, frame?: string) {
    const query = {
      experimentIds: [experimentId(this.#experiment)],
      viewType: this.#view,
      maxText: MOST_TEXT,
      ...more,
    };
    // By the cache of queries, so that a session that has ended is noticed as elsewhere.
    return queries.fetchQuery<RunColumnsAnswer>({
      queryKey: ["run-columns", this.#experiment, this.#view, more, frame, performance.now()],
      queryFn: () => runClient.columns(query, frame, this.#stop.signal),
      gcTime: 0,
    });
  }

  async #load(anew = false): Promise<void> {
    if (this.#loading || this.#wanted === undefined) return;
    this.#loading = true;
    const { signal } = this.#stop;
    try {
      if (anew) await this.#loadAnew();
      for (let more = true; more && !signal.aborted; ) more = await this.#loadNext();
      this.#set({ error: undefined });
    } catch (error) {
      if (signal.aborted) return;
      this.#set({ error });
      if (isPassing(error)) {
        setTimeout(() => {
          if (!signal.aborted) void this.#load(anew);
        }, RETRY_MS);
      }
    } finally {
      this.#loading = false;
      // Left and come back meanwhile: who came found this still at work.
      if (signal.aborted && this.#users > 0) void this.#load();
    }
  }

  async #loadAnew(): Promise<void> {
    const { frame } = this.#state;
    const answer = await this.#ask({ columns: this.#columns(), maxRuns: MOST_RUNS }, frame?.name || undefined);
    this.#set({ frame: withAnswer(frame, answer), isComplete: true, error: undefined });
  }

  /** One step of loading; false when nothing is left to do. */
  async #loadNext(): Promise<boolean> {
    const { frame, isComplete } = this.#state;
    if (frame === undefined && !this.#isWhole) {
      const first = await this.#ask({ columns: this.#columns(), maxRuns: FIRST_RUNS });
      this.#set({ frame: withAnswer(undefined, first), isComplete: !first.hasMore });
      return true;
    }
    if (frame === undefined || !isComplete) {
      const urgent = this.#columns().slice(0, BASE.length + AT_ONCE);
      const all = await this.#ask({ columns: urgent, maxRuns: MOST_RUNS });
      this.#set({ frame: withAnswer(frame, all), isComplete: true });
      return true;
    }
    const missing = this.#columns().filter((column) => !frame.columns.has(column) || frame.partial.has(column));
    if (missing.length === 0) return false;
    const maxRuns = frame.hasMore || frame.ids.length <= MOST_RUNS ? MOST_RUNS : frame.ids.length;
    const answer = await this.#ask({ columns: missing.slice(0, AT_ONCE), maxRuns }, frame.name || undefined);
    const now = this.#state.frame ?? frame;
    // News may have come meanwhile.
    const isSame = answer.runIds !== undefined || now.name === answer.frame;
    if (isSame) this.#set({ frame: withAnswer(now, answer) });
    return true;
  }

  #columns(): readonly string[] {
    return [...new Set([...BASE, ...(this.#wanted ?? [])])].filter(isKept);
  }

  async #tell(): Promise<void> {
    this.#timer = undefined;
    const ids = [...this.#news].slice(0, MOST_IDS);
    if (ids.length === 0) return;
    if (!this.#state.isComplete || this.#loading) {
      this.#timer = setTimeout(() => void this.#tell(), NEWS_MS);
      return;
    }
    for (const id of ids) this.#news.delete(id);
    const filter = `attributes.run_id IN (${ids.map((id) => `'${id}'`).join(", ")})`;
    await this.#put(() => this.#ask({ filter, columns: this.#loaded(), maxRuns: MOST_IDS }));
    if (this.#news.size > 0) this.touch([]);
  }

  #askNewest = (): Promise<void> => this.#put(() => this.#ask({ columns: this.#loaded(), maxRuns: NEWEST_RUNS }));

  #loaded(): readonly string[] {
    return [...(this.#state.frame?.columns.keys() ?? [])];
  }

  async #put(ask: () => Promise<RunColumnsAnswer>): Promise<void> {
    try {
      const answer = await ask();
      const { frame } = this.#state;
      if (frame !== undefined) this.#set({ frame: withNews(frame, answer), error: undefined });
    } catch (error) {
      if (!this.#stop.signal.aborted && isPassing(error)) this.#set({ error });
    }
  }
}

/** Whether waiting may help. */
const isPassing = (error: unknown): boolean =>
  error instanceof EsteiraError &&
  (error.code === "TEMPORARILY_UNAVAILABLE" || error.code === "REQUEST_LIMIT_EXCEEDED");

/** Columns that the server has; the others are made of these. */
const isKept = (column: string): boolean =>
  !column.startsWith("attributes.") || COLUMN_ATTRIBUTES.some((name) => column === `attributes.${name}`);

const stores = new Map<string, FrameStore>();
/** Tables that were left are kept, for the way back. */
const MOST_KEPT = 3;

export function frameStore(experiment: string, view: ViewType): FrameStore {
  const key = `${view} ${experiment}`;
  const store = stores.get(key) ?? new FrameStore(experiment, view);
  stores.delete(key);
  stores.set(key, store);
  for (const old of [...stores.keys()].slice(0, -MOST_KEPT)) stores.delete(old);
  return store;
}
