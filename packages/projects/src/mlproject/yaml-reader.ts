import { invalid } from "@esteira/core/errors";
import { nestsTooDeep } from "@esteira/core/yaml-depth";
import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, type Pair, parseDocument, Scalar } from "yaml";
import { nearest } from "../nearest.ts";
import { type PythonScalar, pythonScalar } from "./python-scalar.ts";

/** A mapping that merges itself would do so for ever. */
const MAX_MERGES = 20;

/** A value in a YAML file, which knows where it stands. */
export interface YamlValue {
  readonly offset: number;
  /** Fault or note about this value. */
  readonly fault: (message: string) => void;
  readonly note: (message: string) => void;
  /** The text of a scalar as Python has it; undefined for null, and after a fault for what is no scalar. */
  readonly text: (what: string) => string | undefined;
  /** A scalar that Python has as a text is "text"; one that is a number, a truth value or a time is "other". */
  readonly kind: "null" | "text" | "other" | "list" | "mapping";
  /** The pairs of a mapping in the file's order; none, after a fault, for what is no mapping. Null has none. */
  readonly entries: (what: string) => readonly (readonly [name: string, value: YamlValue, key: YamlValue])[];
  /** The items of a list; undefined where it is none. */
  readonly items: readonly YamlValue[] | undefined;
}

/**
 * Reads a YAML file with PyYAML's eyes. `read` takes from it what it needs; all faults that it finds are thrown at once as one
 * INVALID_PARAMETER_VALUE, each with its place (`MLproject:3:5`).
 *
 * @returns what `read` returned, with its notes.
 */
export function readYamlFile<T>(
  content: string,
  file: string,
  read: (root: YamlValue) => T,
): { readonly value: T; readonly notes: readonly string[] } {
  if (nestsTooDeep(content)) throw invalid(`${file}: it nests too deep to be read.`);
  const lines = new LineCounter();
  // Scalars keep their text: what it means is PyYAML's to say.
  const document = parseDocument(content, {
    lineCounter: lines,
    prettyErrors: false,
    schema: "failsafe",
    version: "1.1",
  });
  const said: { readonly offset: number; readonly text: string; readonly isFault: boolean }[] = [];
  const say = (offset: number, message: string, isFault: boolean): void => {
    const { line, col } = lines.linePos(offset);
    said.push({ offset, text: `${file}:${line}:${col}: ${message}`, isFault });
  };
  for (const error of document.errors) say(error.pos[0], error.message.replace(/\s+/g, " ").trim(), true);

  const toValue = (given: unknown, where: number): YamlValue => {
    const node = isAlias(given) ? given.resolve(document) : given;
    const offset = (isNodeWithRange(given) ? given.range[0] : undefined) ?? where;
    const scalar = scalarOf(node);
    const kind = isMap(node) ? "mapping" : isSeq(node) ? "list" : scalar.kind;
    const text = scalar.kind === "null" ? undefined : scalar.text;
    const fault = (message: string) => say(offset, message, true);
    return {
      offset,
      fault,
      note: (message) => say(offset, message, false),
      kind,
      text: (what) => {
        if (kind === "list" || kind === "mapping") fault(`${what} is a ${kind}: expected one value`);
        return text;
      },
      entries: (what) => {
        if (kind === "null") return [];
        if (!isMap(node)) {
          fault(`${what} is ${kind === "list" ? "a list" : `'${text}'`}: expected a mapping with 'key: value' lines`);
          return [];
        }
        return pairsOf(node.items).map(([key, value]) => {
          const at = isNodeWithRange(key) ? key.range[0] : offset;
          const keyValue = toValue(key, at);
          return [keyValue.text("a key") ?? "None", toValue(value, at), keyValue];
        });
      },
      items: isSeq(node) ? node.items.map((item) => toValue(item, offset)) : undefined,
    };
  };

  /** Keys merged in by `<<` come first, so that the mapping's own go before them. */
  const pairsOf = (pairs: readonly Pair<unknown, unknown>[], depth = 0): (readonly [unknown, unknown])[] => {
    const merged = new Map<string, readonly [unknown, unknown]>();
    for (const { key, value } of pairs.filter(isMerge)) {
      const target = isAlias(value) ? value.resolve(document) : value;
      for (const part of isSeq(target) ? [...target.items].reverse() : [target]) {
        const map = isAlias(part) ? part.resolve(document) : part;
        if (isMap(map) && depth < MAX_MERGES)
          for (const pair of pairsOf(map.items, depth + 1)) merged.set(String(pair[0]), pair);
        else say(isNodeWithRange(key) ? key.range[0] : 0, "'<<' merges other mappings only", true);
      }
    }
    for (const pair of pairs.filter((pair) => !isMerge(pair))) merged.set(String(pair.key), [pair.key, pair.value]);
    return [...merged.values()];
  };

  const value = document.errors.length === 0 ? read(toValue(document.contents, 0)) : undefined;
  said.sort((a, b) => a.offset - b.offset);
  const faults = said.filter((one) => one.isFault);
  if (value === undefined || faults.length > 0) throw invalid(faults.map(({ text }) => text).join("\n"));
  return { value, notes: said.map(({ text }) => text) };
}

function scalarOf(node: unknown): PythonScalar {
  if (!isScalar(node)) return { kind: "null" };
  const source = node.source ?? String(node.value ?? "");
  const isPlain = node.tag === undefined && (node.type === undefined || node.type === Scalar.PLAIN);
  return isPlain ? pythonScalar(source) : { kind: "text", text: source };
}

const isMerge = ({ key }: Pair<unknown, unknown>): boolean => isScalar(key) && key.source === "<<";

const isNodeWithRange = (node: unknown): node is Node & { range: [number, number, number] } =>
  (isScalar(node) || isMap(node) || isSeq(node) || isAlias(node)) && Array.isArray(node.range);

/** A key that nothing reads: a slip of the pen is a fault, anything else only noted. */
export function unknownKey(key: YamlValue, name: string, where: string, known: readonly string[]): void {
  const meant = nearest(name, known);
  if (meant === undefined) key.note(`${where} has the key '${name}', which nothing reads`);
  else key.fault(`${where} has no key '${name}'; did you mean '${meant}'?`);
}
