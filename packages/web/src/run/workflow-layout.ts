import type { WorkflowStep } from "./workflow.ts";

/** Pixels: two beside each other and an edge fit a phone. */
export const NODE = { width: 152, height: 52 } as const;
const GAP = { across: 16, down: 34 } as const;
/** What an edge takes up where it passes a layer. */
const LANE = 18;

interface Point {
  readonly x: number;
  readonly y: number;
}

export interface WorkflowLayout {
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  /** Left upper corners, in the order of the steps. */
  readonly nodes: readonly (Point & { readonly name: string })[];
  /** From the lower edge of a node to the upper edge of another, around what lies between. */
  readonly edges: readonly { readonly from: string; readonly to: string; readonly points: readonly Point[] }[];
}

/** A node, or the lane of an edge through a layer. */
interface Slot {
  readonly key: string;
  readonly width: number;
  /** Keys of slots in the layer above. */
  readonly above: readonly string[];
}

/**
 * Layers from the top down: a step stands one below the lowest that it waits for. An edge over several layers gets a lane in each
 * between, so that it crosses no node.
 */
export function layoutWorkflow(steps: readonly WorkflowStep[]): WorkflowLayout {
  const depth = new Map<string, number>();
  for (const { name, needs } of steps) depth.set(name, Math.max(-1, ...needs.map((need) => depth.get(need) ?? -1)) + 1);
  const layers: Slot[][] = [];
  const put = (at: number, slot: Slot) => {
    layers[at] ??= [];
    layers[at].push(slot);
  };
  const ways: { from: string; to: string; lanes: readonly string[] }[] = [];
  for (const { name, needs } of steps) {
    const at = depth.get(name) ?? 0;
    const above = needs.map((need) => {
      const lanes: string[] = [];
      for (let layer = (depth.get(need) ?? 0) + 1; layer < at; layer++) {
        const key = `${need} > ${name} ${layer}`;
        put(layer, { key, width: LANE, above: [lanes.at(-1) ?? need] });
        lanes.push(key);
      }
      ways.push({ from: need, to: name, lanes });
      return lanes.at(-1) ?? need;
    });
    put(at, { key: name, width: NODE.width, above });
  }
  const { centers, width } = place(layers);
  const top = (at: number) => at * (NODE.height + GAP.down);
  const center = (key: string) => centers.get(key) ?? 0;
  const nodes = steps.map(({ name }) => ({ name, x: center(name) - NODE.width / 2, y: top(depth.get(name) ?? 0) }));
  const edges = ways.map(({ from, to, lanes }) => {
    const start = depth.get(from) ?? 0;
    const passed = lanes.flatMap((key, index) => {
      const y = top(start + 1 + index);
      return [
        { x: center(key), y },
        { x: center(key), y: y + NODE.height },
      ];
    });
    const points = [
      { x: center(from), y: top(start) + NODE.height },
      ...passed,
      { x: center(to), y: top(depth.get(to) ?? 0) },
    ];
    return { from, to, points };
  });
  return { width, height: Math.max(0, top(layers.length) - GAP.down), nodes, edges };
}

/** Each layer in the order of what stands above it, centred. */
function place(layers: readonly Slot[][]): { readonly centers: ReadonlyMap<string, number>; readonly width: number } {
  const across = (layer: readonly Slot[]) => layer.reduce((sum, slot) => sum + slot.width + GAP.across, -GAP.across);
  const width = Math.max(0, ...layers.map(across));
  const centers = new Map<string, number>();
  for (const layer of layers) {
    const wish = (slot: Slot) =>
      slot.above.length === 0
        ? width
        : slot.above.reduce((sum, key) => sum + (centers.get(key) ?? 0), 0) / slot.above.length;
    const sorted = layer
      .map((slot, at) => ({ slot, at, wish: wish(slot) }))
      .sort((a, b) => a.wish - b.wish || a.at - b.at);
    let x = (width - across(layer)) / 2;
    for (const { slot } of sorted) {
      centers.set(slot.key, x + slot.width / 2);
      x += slot.width + GAP.across;
    }
  }
  return { centers, width };
}

/** An SVG path through the points, with vertical beginnings and ends. */
export function pathOf(points: readonly Point[]): string {
  const [first, ...rest] = points;
  if (first === undefined) return "";
  let at = first;
  let path = `M${at.x} ${at.y}`;
  for (const point of rest) {
    const middle = (at.y + point.y) / 2;
    path += point.x === at.x ? `V${point.y}` : `C${at.x} ${middle} ${point.x} ${middle} ${point.x} ${point.y}`;
    at = point;
  }
  return path;
}
