import { type Document, isNode, type Node } from "yaml";

/** Where the value at `path` begins; of the nearest parent that exists when it is missing. */
export function offsetOf(document: Document, path: readonly PropertyKey[]): number {
  for (let depth = path.length; depth >= 0; depth--) {
    const node: unknown = depth === 0 ? document.contents : document.getIn(path.slice(0, depth), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return 0;
}

/** Where the key of a mapping begins. */
export function keyOffset(map: { items: readonly { key: unknown }[] }, key: string): number | undefined {
  const keys = map.items.map((item) => item.key).filter((node): node is Node => isNode(node));
  return keys.find((node) => String(node) === key)?.range?.[0];
}

export const oneLine = (message: string): string => message.replace(/\s+/g, " ").trim();
