import { createHash } from "node:crypto";
import type { TimelineEntry } from "@esteira/core/timeline/entry";
import { canonicalJson, isObject, type JsonObject, own } from "@esteira/core/timeline/json";
import type { CardEntry } from "./card.ts";

/** What the timeline says of one version. */
export interface VersionLife {
  readonly approvals: CardEntry[];
  /** Aliases and stages that it was given, oldest first. */
  readonly promotions: CardEntry[];
  readonly evidence: string[];
}

/** `history` is the model's, oldest first. A version of this number that was deleted before is another one. */
export function versionLife(history: readonly TimelineEntry[], version: number): VersionLife {
  const born = history.findLastIndex(
    ({ action, subject }) => action === "version.created" && subject.version === version,
  );
  const approvals: CardEntry[] = [];
  const promotions: CardEntry[] = [];
  const evidence = new Set<string>();
  for (const entry of history.slice(Math.max(0, born))) {
    const isOfVersion = entry.subject.version === version;
    const given = givenTo(entry, version);
    if (isOfVersion && entry.action === "approval.given") approvals.push(toCardEntry(entry, entry.reason ?? ""));
    else if (isOfVersion && entry.action === "approval.lapsed") approvals.length = 0;
    else if (given !== undefined) promotions.push(toCardEntry(entry, given));
    else if (!(isOfVersion && entry.action === "evidence.submitted")) continue;
    if (entry.evidence !== undefined) evidence.add(entry.evidence);
  }
  return { approvals, promotions, evidence: [...evidence] };
}

/** `alias champion`, `stage Production`: what the entry gave to the version. */
function givenTo({ action, after, subject }: TimelineEntry, version: number): string | undefined {
  if (after === null) return undefined;
  if (action === "alias.set") {
    const aliases = own(after, "aliases");
    const alias = isObject(aliases) ? Object.keys(aliases).find((name) => own(aliases, name) === version) : undefined;
    return alias === undefined ? undefined : `alias ${alias}`;
  }
  if (action !== "version.staged" || subject.version !== version) return undefined;
  const state = field(field(after, "versions"), String(version));
  const stage = state && own(state, "stage");
  return typeof stage === "string" ? `stage ${stage}` : undefined;
}

const field = (value: JsonObject | undefined, key: string): JsonObject | undefined => {
  const found = value && own(value, key);
  return isObject(found) ? found : undefined;
};

const toCardEntry = (entry: TimelineEntry, what: string): CardEntry => ({
  sequence: entry.sequence,
  at: new Date(entry.at).toISOString(),
  action: entry.action,
  actor: entry.actor.name,
  origin: entry.actor.origin,
  what,
  evidence: entry.evidence ?? null,
  reason: entry.reason ?? null,
  // A leaf of RFC 9162, as the chain counts it.
  hash: createHash("sha256")
    .update(`\0${canonicalJson(jsonOf(entry))}`)
    .digest("hex"),
});

/** The entry as the chain hashes it: what is absent is no key. */
const jsonOf = (entry: TimelineEntry): JsonObject => JSON.parse(JSON.stringify(entry)) as JsonObject;
