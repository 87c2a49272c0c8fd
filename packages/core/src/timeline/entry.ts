import type { Json, JsonObject } from "./json.ts";

/**
 * How a change's author was known: `local` works on the database itself, `anonymous` came while access control was off, `ci` is a
 * job that showed the OIDC token of its CI.
 */
export const ORIGINS = ["local", "anonymous", "password", "token", "session", "oidc", "ci"] as const;
export type Origin = (typeof ORIGINS)[number];

/** Who changes something. */
export interface Actor {
  readonly name: string;
  readonly origin: Origin;
  /** The id of the token of this server, where one was used. */
  readonly token?: string;
  /** Who vouched for a `ci`: the issuer of its OIDC token, whose subject is the name. */
  readonly issuer?: string;
}

export const LOCAL: Actor = { name: "local", origin: "local" };

export const ACTIONS = [
  "model.adopted",
  "model.changed-outside",
  "model.created",
  "model.renamed",
  "model.described",
  "model.tagged",
  "model.untagged",
  "model.deleted",
  "version.created",
  "version.described",
  "version.staged",
  "version.tagged",
  "version.untagged",
  "version.deleted",
  "alias.set",
  "alias.deleted",
  "policy.set",
  "policy.removed",
  "policy.broken",
  "policy.changed-outside",
  "promotion.refused",
  "evidence.submitted",
  "approval.given",
  "approval.lapsed",
  "trust.added",
  "trust.removed",
  "flow.set",
  "flow.removed",
  "flow.started",
  "flow.approved",
  "flow.moved",
  "flow.ended",
  "deployment.changed",
  "deployment.rollback-asked",
] as const;
export type TimelineAction = (typeof ACTIONS)[number];

/** What a change is about. `model` is its name before the change. */
export interface TimelineSubject {
  readonly model: string;
  readonly version?: number;
  readonly alias?: string;
  readonly tag?: string;
}

/**
 * One change of the registry, and its place in the chain. `before` and `after` are merge patches (RFC 7386) on the model's
 * state (`model-state.ts`): the one leads back, the other on; null says that there was, or is, no such model.
 */
export interface TimelineEntry {
  readonly format: 1;
  /** 1, 2, 3 ... without a gap. */
  readonly sequence: number;
  /** Milliseconds since the epoch, by the clock of the server that wrote it. */
  readonly at: number;
  /** By how many milliseconds `at` lies before the entry that precedes; absent when it does not. */
  readonly behind?: number;
  readonly actor: Actor;
  readonly action: TimelineAction;
  readonly subject: TimelineSubject;
  readonly before: JsonObject | null;
  readonly after: JsonObject | null;
  /** The digest of what the change was decided on, `sha256:` and 64 hexadecimal digits. */
  readonly evidence?: string;
  /** What a person said about it: why a policy was set aside, what was approved. */
  readonly reason?: string;
  /** The hash of the entry that precedes; 64 zeros for the first. */
  readonly previous: string;
}

/** What the first entry names as the one before it, and what a chain without entries ends with. */
export const NO_HASH = "0".repeat(64);

/** The entry that a text holds; undefined when it is none. */
export function parseEntry(text: string): TimelineEntry | undefined {
  const value = parsed(text);
  return isEntry(value) ? value : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** By hand for the common fields, since a chain has millions: zod would take longer than all hashing. */
function isEntry(value: unknown): value is TimelineEntry {
  if (typeof value !== "object" || value === null) return false;
  const entry = value as Partial<Record<keyof TimelineEntry, unknown>>;
  return (
    entry.format === 1 &&
    Number.isSafeInteger(entry.sequence) &&
    Number.isSafeInteger(entry.at) &&
    typeof entry.previous === "string" &&
    ACTION_NAMES.has(entry.action) &&
    isNamed(entry.actor, "name") &&
    isNamed(entry.subject, "model") &&
    isPatch(entry.before) &&
    isPatch(entry.after)
  );
}

const ACTION_NAMES: ReadonlySet<unknown> = new Set(ACTIONS);
const isNamed = (value: unknown, key: string): boolean =>
  typeof value === "object" && value !== null && typeof Reflect.get(value, key) === "string";
const isPatch = (value: unknown): value is Json => typeof value === "object" && !Array.isArray(value);
