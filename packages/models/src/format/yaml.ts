/** YAML as Python reads and writes it, with a memory for what JavaScript's values do not tell apart. */

import { invalid } from "@esteira/core/errors";
import { nestsTooDeep } from "@esteira/core/yaml-depth";
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  type Node,
  parseDocument,
  Scalar,
  type ScalarTag,
  stringify,
  visit,
} from "yaml";

const MAX_CHARACTERS = 16 * 1024 * 1024;

const tagName = (tag: string | object): unknown => (typeof tag === "string" ? tag : (tag as { tag?: unknown }).tag);

/** How values that came from a file were written there, so that 1.0 and large integers go back as they were. */
const written = new WeakMap<object, Node>();

/** A scalar that stood without quotes and is more than its text: a number in its digits, a date. */
class Plain {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

const PLAIN: ScalarTag = {
  tag: "tag:yaml.org,2002:str",
  default: true,
  test: /(?!)/,
  resolve: (text) => text,
  identify: (value) => value instanceof Plain,
  stringify: ({ value }) => (value instanceof Plain ? value.text : String(value)),
};

const DATE = /^\d{4}-\d\d?-\d\d?/;

/** YAML of before 1.2, as Python reads it, without dates: what looks like one stays text. */
function parseText(text: string, what: string): Document {
  if (text.length > MAX_CHARACTERS) throw invalid(`${what} has ${text.length} characters, too many`);
  if (nestsTooDeep(text)) throw invalid(`${what} is not valid YAML: it nests too deep`);
  const tags = (all: readonly (string | object)[]) =>
    all.filter((tag) => tagName(tag) !== "tag:yaml.org,2002:timestamp");
  const document = parseDocument(text, {
    version: "1.1",
    schema: "yaml-1.1",
    customTags: (all) => [...(tags(all) as typeof all), PLAIN],
  });
  const [error] = document.errors;
  if (error !== undefined) throw invalid(`${what} is not valid YAML: ${error.message.split("\n")[0]}`);
  return document;
}

function toValue(document: Document, what: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 50 });
  } catch (error) {
    throw invalid(
      `${what} is not valid YAML: ${error instanceof Error ? error.message.split("\n")[0] : String(error)}`,
    );
  }
}

export const parseYaml = (text: string, what: string): unknown => toValue(parseText(text, what), what);

/** As `parseYaml`, and remembers how the mappings and lists under the root's keys were written, for `formatYaml`. */
export function readYaml(text: string, what: string): unknown {
  const document = parseText(text, what);
  const value = toValue(document, what);
  const hasAlias = keepAsWritten(document);
  // Parts that refer to each other cannot be written apart.
  if (hasAlias || !isMap(document.contents) || typeof value !== "object" || value === null) return value;
  for (const { key, value: node } of document.contents.items) {
    const name = isScalar(key) ? String(key.value) : undefined;
    const item: unknown = name === undefined ? undefined : (value as Readonly<Record<string, unknown>>)[name];
    if (typeof item === "object" && item !== null && !isAlias(node)) written.set(item, node as Node);
  }
  return value;
}

/** Numbers and dates of the document are written with the letters that they have. True where a part refers to another. */
function keepAsWritten(document: Document): boolean {
  let hasAlias = false;
  visit(document, {
    Alias() {
      hasAlias = true;
      return visit.BREAK;
    },
    Scalar(key, node) {
      const { source, type } = node;
      if (key === "key" || source === undefined || type !== Scalar.PLAIN) return;
      if (typeof node.value === "number" || (typeof node.value === "string" && DATE.test(source)))
        node.value = new Plain(source);
    },
  });
  return hasAlias;
}

/** A value and the keys that lead to it from the root. */
export type YamlEdit = readonly [path: readonly string[], value: string | number];

/** The text with other values; all else is as it was written. Mappings on the way are made where there are none. */
export function editYaml(text: string, what: string, edits: readonly YamlEdit[]): string {
  const document = parseText(text, what);
  keepAsWritten(document);
  for (const [path, value] of edits) {
    for (let length = 1; length < path.length; length++) {
      const on = path.slice(0, length);
      if (!isMap(document.getIn(on))) document.setIn(on, document.createNode({}));
    }
    document.setIn(path, value);
  }
  return document.toString({ lineWidth: 0, indentSeq: false });
}

/** Keys sorted, one line a value, quoted where Python would read something else than a string. */
export function formatYaml(value: Readonly<Record<string, unknown>>, sorted = true): string {
  const entries = Object.entries(value).map(([key, item]) => [
    key,
    (typeof item === "object" && item !== null && written.get(item)) || item,
  ]);
  return stringify(Object.fromEntries(entries), {
    version: "1.1",
    schema: "yaml-1.1",
    sortMapEntries: sorted,
    lineWidth: 0,
    indentSeq: false,
    singleQuote: true,
    aliasDuplicateObjects: false,
    customTags: (all) => [PLAIN, ...all],
  });
}
