/** JSON values as the timeline keeps them, and the few things that are done with them. */
export type Json = string | number | boolean | null | JsonObject | readonly Json[];
export interface JsonObject {
  readonly [key: string]: Json;
}

export const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * The one text of a value (RFC 8785): keys in the order of their UTF-16 units, no blanks, numbers and strings as ECMAScript
 * writes them. What has no such text (NaN, an infinity) is a defect of the caller.
 */
export function canonicalJson(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (isObject(value)) {
    const members = Object.keys(value)
      .sort()
      .map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key] ?? null)}`);
    return `{${members.join(",")}}`;
  }
  if (typeof value === "number" && !Number.isFinite(value)) throw new TypeError(`${value} has no JSON.`);
  return JSON.stringify(value);
}

/** What a merge patch (RFC 7386) makes of a value: null takes a key away. Neither argument is changed. */
export function patched(target: Json | undefined, patch: Json): Json {
  if (!isObject(patch)) return patch;
  const result: Record<string, Json> = isObject(target) ? { ...target } : {};
  for (const [key, change] of Object.entries(patch)) {
    if (change === null) delete result[key];
    else put(result, key, patched(own(result, key), change));
  }
  return result;
}

/** An object that belongs to whoever changes it. */
export interface OwnObject {
  [key: string]: Json;
}

/**
 * `patched` in place: it costs what the patch holds, however large the target is. No object of the patch becomes part of the target.
 * Returns the target.
 */
export function patchOwn(target: OwnObject, patch: JsonObject): OwnObject {
  for (const key of Object.keys(patch)) {
    const change = patch[key] ?? null;
    if (change === null) delete target[key];
    else if (isObject(change)) {
      const known = own(target, key);
      put(target, key, patchOwn(isOwn(known) ? known : {}, change));
    } else put(target, key, change);
  }
  return target;
}

/** What stands in a target that is one's own is one's own too. */
const isOwn = (value: Json | undefined): value is OwnObject => isObject(value);

/** A key such as `__proto__` is a key like any other; to define every key would take several times as long. */
function put(target: OwnObject, key: string, value: Json): void {
  if (key === "__proto__") Object.defineProperty(target, key, field(value));
  else target[key] = value;
}

/** The two merge patches between two values: `after` leads from the first to the second, `before` leads back. */
export interface Patches {
  readonly before: JsonObject;
  readonly after: JsonObject;
}

/** Undefined when they are equal. An empty object and an absent one are the same. */
export function patchesBetween(from: JsonObject, to: JsonObject): Patches | undefined {
  const before: Record<string, Json> = {};
  const after: Record<string, Json> = {};
  for (const key of new Set([...Object.keys(from), ...Object.keys(to)])) {
    const [old, young] = [own(from, key), own(to, key)];
    if (isObject(old) && isObject(young)) {
      const inner = patchesBetween(old, young);
      if (inner === undefined) continue;
      put(before, key, inner.before);
      put(after, key, inner.after);
    } else if (canonicalJson(orNull(old)) !== canonicalJson(orNull(young))) {
      put(before, key, orNull(old));
      put(after, key, orNull(young));
    }
  }
  return Object.keys(after).length === 0 ? undefined : { before, after };
}

/** The value under a key of its own, and nothing that every object has. */
export const own = (value: JsonObject, key: string): Json | undefined =>
  Object.hasOwn(value, key) ? value[key] : undefined;

const field = (value: Json) => ({ value, enumerable: true, configurable: true, writable: true });

const orNull = (value: Json | undefined): Json =>
  value === undefined || (isObject(value) && Object.keys(value).length === 0) ? null : value;
