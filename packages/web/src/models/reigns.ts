import type { TimelineEntry } from "@esteira/core/timeline/entry";
import { isObject, type JsonObject, own } from "@esteira/core/timeline/json";
import { RegistryHistory } from "@esteira/core/timeline/model-state";

/** How long a version stood for an alias or a stage. Instants are milliseconds since the epoch. */
export interface Reign {
  readonly version: string;
  readonly from: number;
  /** Absent while it goes on. */
  readonly until?: number;
  /** Who made it so. */
  readonly by: string;
}

/** All that have stood for one target, in the order in which they came. */
export interface Row {
  /** `@champion` or the name of a stage. */
  readonly target: string;
  readonly kind: "alias" | "stage";
  readonly reigns: readonly Reign[];
}

/** Who stood where and when, as a model's entries (oldest first) tell it. `champion` comes first, stages last. */
export function reignsOf(entries: readonly TimelineEntry[]): readonly Row[] {
  const history = new RegistryHistory();
  const rows = new Map<string, { kind: Row["kind"]; reigns: Reign[] }>();
  for (const entry of entries) {
    history.apply(entry);
    const standing = standingIn([...history.models.values()].at(-1));
    for (const [target, { kind, versions }] of standing)
      if (!rows.has(target) && versions.length > 0) rows.set(target, { kind, reigns: [] });
    for (const [target, { reigns }] of rows) settle(reigns, standing.get(target)?.versions ?? [], entry);
  }
  return [...rows]
    .map(([target, row]) => ({ target, ...row }))
    .sort((a, b) => rank(a) - rank(b) || (a.target < b.target ? -1 : 1));
}

const rank = ({ target, kind }: Row): number => (target === "champion" ? 0 : kind === "alias" ? 1 : 2);

/** Ends what stands no more, begins what is new. */
function settle(reigns: Reign[], now: readonly string[], { at, actor }: TimelineEntry): void {
  for (const [place, reign] of reigns.entries())
    if (reign.until === undefined && !now.includes(reign.version)) reigns[place] = { ...reign, until: at };
  for (const version of now) {
    const stands = reigns.some((reign) => reign.until === undefined && reign.version === version);
    if (!stands) reigns.push({ version, from: at, by: actor.name });
  }
}

function standingIn(state: JsonObject | undefined): Map<string, { kind: Row["kind"]; versions: string[] }> {
  const found = new Map<string, { kind: Row["kind"]; versions: string[] }>();
  const aliases = state && own(state, "aliases");
  for (const [alias, version] of Object.entries(isObject(aliases) ? aliases : {}))
    found.set(alias, { kind: "alias", versions: [String(version)] });
  const versions = state && own(state, "versions");
  for (const [version, about] of Object.entries(isObject(versions) ? versions : {})) {
    const stage = isObject(about) ? own(about, "stage") : undefined;
    if (stage !== "Production" && stage !== "Staging") continue;
    const row = found.get(stage) ?? { kind: "stage" as const, versions: [] };
    found.set(stage, { ...row, versions: [...row.versions, version] });
  }
  return found;
}

/** Who stood for an alias before the version that does now: whom a rollback would bring back. */
export function formerOf(rows: readonly Row[], alias: string): string | undefined {
  const reigns = rows.find(({ target, kind }) => kind === "alias" && target === alias)?.reigns ?? [];
  const now = reigns.find(({ until }) => until === undefined);
  if (now === undefined) return undefined;
  return reigns
    .slice(0, reigns.indexOf(now))
    .reverse()
    .find(({ version }) => version !== now.version)?.version;
}

/** Reigns in lines in which none begins before the one before it has ended: a stage may have several versions at once. */
export function lanesOf(reigns: readonly Reign[]): readonly (readonly Reign[])[] {
  const lanes: Reign[][] = [];
  for (const reign of reigns) {
    const free = lanes.find((lane) => (lane.at(-1)?.until ?? Number.POSITIVE_INFINITY) <= reign.from);
    if (free === undefined) lanes.push([reign]);
    else free.push(reign);
  }
  return lanes;
}

export interface Place {
  readonly left: number;
  readonly width: number;
}

/**
 * Where the reigns of a lane lie on an axis from `start` to `end`, as shares of its length. None is narrower than `least`, so that
 * it can be read and hit; its neighbours make room for it.
 */
export function placesOf(lane: readonly Reign[], start: number, end: number, least: number): readonly Place[] {
  const length = Math.max(1, end - start);
  const share = (at: number) => (at - start) / length;
  const bars = lane.map(({ from, until }) => ({ from: share(from), to: share(until ?? end) }));
  let before = 0;
  for (const bar of bars) {
    bar.from = Math.max(bar.from, before);
    bar.to = Math.max(bar.to, bar.from + least);
    before = bar.to;
  }
  let after = 1;
  for (const bar of bars.toReversed()) {
    bar.to = Math.min(bar.to, after);
    bar.from = Math.min(bar.from, bar.to - least);
    after = bar.from;
  }
  return bars.map(({ from, to }) => ({ left: from, width: to - from }));
}
