import type { Json } from "./object.ts";

/** What a cluster itself writes, and what every change writes anew: no news. */
const SILENT = [
  /^status(\.|$)/,
  /^metadata\.(managedFields|resourceVersion|generation|uid|creationTimestamp|selfLink)(\.|$)/,
  /^metadata\.annotations\.(esteira\.dev\/(generation|revision|former-model|former-image)|deployment\.kubernetes\.io\/revision)$/,
];
const SHOWN_LENGTH = 120;

/** The fields in which two objects differ, a sentence each: `spec.replicas from 2 to 3`. */
export function differences(from: unknown, to: unknown, path = ""): readonly string[] {
  if (SILENT.some((pattern) => pattern.test(path)) || JSON.stringify(from) === JSON.stringify(to)) return [];
  if (isRecord(from) && isRecord(to)) {
    const fields = [...new Set([...Object.keys(from), ...Object.keys(to)])].sort();
    return fields.flatMap((field) => differences(from[field], to[field], path === "" ? field : `${path}.${field}`));
  }
  if (Array.isArray(from) && Array.isArray(to)) {
    const keys = [...new Set([...from, ...to].map(keyOf))];
    if (keys.every((key) => key !== undefined)) {
      const at = (items: readonly unknown[], key: string) => items.find((item) => keyOf(item) === key);
      return keys.flatMap((key) => differences(at(from, key), at(to, key), `${path}[${key}]`));
    }
  }
  if (from === undefined) return [`${path} = ${shown(to)}`];
  if (to === undefined) return [`${path} no longer ${shown(from)}`];
  return [`${path} from ${shown(from)} to ${shown(to)}`];
}

const isRecord = (value: unknown): value is Readonly<Record<string, Json>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Lists whose items have names are compared by them: an item more is no change of those behind it. */
const keyOf = (item: unknown): string | undefined =>
  isRecord(item) && typeof item.name === "string" ? item.name : undefined;

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > SHOWN_LENGTH ? `${text.slice(0, SHOWN_LENGTH)}…` : text;
}
