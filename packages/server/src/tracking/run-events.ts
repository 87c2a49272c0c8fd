import { setTimeout as sleep } from "node:timers/promises";
import type { RunChanges, RunEvent, RunState, WatchedRuns } from "@esteira/core/entities/run-watch";
import type { RunId } from "@esteira/core/ids";
import type { RunQueryStore } from "@esteira/core/run-query-store";
import { stringifyJson } from "@esteira/core/wire/json";
import { runEventToWire } from "@esteira/core/wire/run-event";

export interface WatchOptions {
  /** How often the database is asked for news. */
  readonly pollMs: number;
  /** How often a silent stream says that it is alive. */
  readonly heartbeatMs: number;
  /** How long a stream lasts: the client then comes again, and its rights are looked at again. */
  readonly longestMs: number;
}

export const STANDARD_WATCH: WatchOptions = { pollMs: 500, heartbeatMs: 15_000, longestMs: 600_000 };

/** How soon a client that has lost the stream is to come again. */
const RETRY_MS = 1000;
const ENDED = new Set(["FINISHED", "FAILED", "KILLED"]);

/**
 * The text of an event stream: what the watched runs are, and from then on what happens to them. All of it is read from
 * the database, so it does not matter which server process wrote it. Nothing is read ahead: while a client is slow, the
 * database is not asked, and what happens meanwhile comes in one piece.
 *
 * Only the last event of a look has an id: who comes again with it has seen all of that look.
 */
export async function* runEventStream(
  store: RunQueryStore,
  asked: WatchedRuns,
  { since, options, signal }: { since?: string | undefined; options: WatchOptions; signal: AbortSignal },
): AsyncGenerator<string, void, undefined> {
  const watch = new Watch(asked);
  // The first look is before the answer begins: what it refuses is an answer of its own.
  let changes = await store.readRunChanges(watch.watched, since);
  const end = performance.now() + options.longestMs;
  let spoke = performance.now();
  let text = `retry: ${RETRY_MS}\n\n`;
  for (;;) {
    const events = watch.eventsOf(changes);
    text += events
      .map((event, index) => eventText(event, index === events.length - 1 ? changes.position : undefined))
      .join("");
    if (text === "" && performance.now() - spoke >= options.heartbeatMs) text = ": alive\n\n";
    if (text !== "") {
      yield text;
      text = "";
      spoke = performance.now();
    }
    if (events.at(-1)?.kind === "end" || performance.now() >= end) return;
    await sleep(options.pollMs, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    changes = await store.readRunChanges(watch.watched, changes.position);
  }
}

/** What was told so far, and so what is news. */
class Watch {
  readonly #asked: WatchedRuns;
  readonly #told = new Map<RunId, string>();
  #live: readonly RunId[] | undefined;

  constructor(asked: WatchedRuns) {
    this.#asked = asked;
  }

  /** The runs that were live at the last look, too: one that ended since then has a last state to tell. */
  get watched(): WatchedRuns {
    return { ...this.#asked, runIds: [...new Set([...this.#asked.runIds, ...(this.#live ?? [])])] };
  }

  eventsOf({ runs, live, points }: RunChanges): readonly RunEvent[] {
    const events: RunEvent[] = runs.flatMap((run) => this.#stateEvent(run));
    if (points === undefined) events.push({ kind: "reset" });
    else events.push(...metricEvents(points));
    if (this.#asked.experimentIds.length > 0 && !areSame(live, this.#live)) events.push({ kind: "live", runIds: live });
    this.#live = live;
    const isOver = this.#asked.experimentIds.length === 0 && runs.every((run) => ENDED.has(run.info.status));
    return isOver ? [...events, { kind: "end" }] : events;
  }

  #stateEvent(run: RunState): readonly RunEvent[] {
    const state = stringifyJson(run);
    if (this.#told.get(run.info.runId) === state) return [];
    this.#told.set(run.info.runId, state);
    return [{ kind: "run", run }];
  }
}

const areSame = (a: readonly RunId[], b: readonly RunId[] | undefined): boolean =>
  b !== undefined && a.length === b.length && a.every((id, index) => id === b[index]);

/** The points of each run together, in the order of their first. */
function metricEvents(points: NonNullable<RunChanges["points"]>): readonly RunEvent[] {
  const byRun = new Map<RunId, { kind: "metrics"; runId: RunId; points: (typeof points)[number][] }>();
  for (const point of points) {
    const event = byRun.get(point.runId);
    if (event === undefined) byRun.set(point.runId, { kind: "metrics", runId: point.runId, points: [point] });
    else event.points.push(point);
  }
  return [...byRun.values()];
}

/** JSON has no line breaks of its own, so the data is one line. */
const eventText = (event: RunEvent, id: string | undefined): string =>
  `event: ${event.kind}\ndata: ${stringifyJson(runEventToWire(event))}\n${id === undefined ? "" : `id: ${id}\n`}\n`;
