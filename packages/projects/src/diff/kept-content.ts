import { parse } from "yaml";
import { VOLATILE } from "./volatile.ts";

/** Whether parts of a file say only when and where it was made. */
export const hasVolatileKeys = (path: string): boolean => volatileKeys(path).length > 0;

const volatileKeys = (path: string): readonly string[] => {
  const file = path.split("/").at(-1) ?? "";
  return VOLATILE.flatMap(({ group, pattern }) => (group === `keys of ${file}` ? [pattern] : []));
};

/**
 * The content of an MLmodel or another such file in one writing, without what says when and where it was made; and the keys that were
 * left out. A file that is no map of YAML or JSON is its own content.
 */
export function keptContent(
  path: string,
  text: string,
): { readonly content: string; readonly leftOut: readonly string[] } {
  let read: unknown;
  try {
    read = parse(text, { maxAliasCount: 100 });
  } catch {
    return { content: text, leftOut: [] };
  }
  if (typeof read !== "object" || read === null || Array.isArray(read)) return { content: text, leftOut: [] };
  const volatile = volatileKeys(path);
  const isLeftOut = (key: string) => volatile.includes(key);
  const entries = Object.entries(read);
  return {
    content: JSON.stringify(sorted(entries.filter(([key]) => !isLeftOut(key))), (_, value: unknown) =>
      typeof value === "object" && value !== null && !Array.isArray(value) ? sorted(Object.entries(value)) : value,
    ),
    leftOut: entries.map(([key]) => key).filter(isLeftOut),
  };
}

const sorted = (entries: readonly (readonly [string, unknown])[]): Record<string, unknown> =>
  Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : 1)));
