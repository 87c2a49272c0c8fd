import type { Run } from "@esteira/core/entities/run";
import { tagValue } from "@esteira/core/entities/tag";

export const PARENT_TAG = "mlflow.parentRunId";

export interface RunNode {
  readonly run: Run;
  readonly children: readonly RunNode[];
  /** True for a parent that the search did not find, shown only because of its children. */
  readonly outside: boolean;
}

export const parentOf = (run: Run): string | undefined => tagValue(run.data.tags, PARENT_TAG) || undefined;

/** Parents named by some of the runs and not among them, in order of appearance. */
export function missingParents(runs: readonly Run[]): readonly string[] {
  const present = new Set<string>(runs.map((run) => run.info.runId));
  const missing = new Set<string>();
  for (const run of runs) {
    const parent = parentOf(run);
    if (parent !== undefined && !present.has(parent)) missing.add(parent);
  }
  return [...missing];
}

interface OpenNode {
  readonly run: Run;
  readonly children: OpenNode[];
  readonly outside: boolean;
  parent: OpenNode | undefined;
}

/**
 * Runs under their parents, in the order in which a family's first member appears, so that a later page of a search never
 * moves what is already shown. Runs whose parent is unknown stand at the top; a circle of parents is cut at its first run.
 */
export function treeOf(runs: readonly Run[], parents: readonly Run[] = []): readonly RunNode[] {
  const nodes = new Map<string, OpenNode>();
  const add = (run: Run, outside: boolean) => {
    if (!nodes.has(run.info.runId)) nodes.set(run.info.runId, { run, children: [], outside, parent: undefined });
  };
  for (const run of runs) add(run, false);
  for (const run of parents) add(run, true);

  for (const node of nodes.values()) {
    const parent = nodes.get(parentOf(node.run) ?? "");
    if (parent === undefined || rootOf(parent) === node) continue;
    node.parent = parent;
    parent.children.push(node);
  }

  const roots = new Set<OpenNode>();
  for (const node of nodes.values()) {
    const root = rootOf(node);
    // A parent fetched for its children, which then turned out to have none here, says nothing.
    if (!root.outside || root.children.length > 0) roots.add(root);
  }
  return [...roots];
}

function rootOf(node: OpenNode): OpenNode {
  let top = node;
  while (top.parent !== undefined) top = top.parent;
  return top;
}

/** Every run as a node of its own, in the order given. */
export const flat = (runs: readonly Run[]): readonly RunNode[] =>
  runs.map((run) => ({ run, children: [], outside: false }));
