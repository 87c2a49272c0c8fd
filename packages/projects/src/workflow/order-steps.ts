import type { Step } from "../mlproject/project.ts";

/** The names of the steps that a step waits for, each once. */
export function needsOf({ parameters, after }: Step): readonly string[] {
  const sources = [...parameters.values()].flatMap((value) => (value.kind === "output" ? [value.step] : []));
  return [...new Set([...sources, ...after])];
}

/**
 * Steps in an order in which each comes behind all that it waits for; of those that could be next, the first in the file. What a
 * step waits for and is none of the steps does not count.
 *
 * @returns the order, or the names around a cycle, the first again at its end.
 */
export function orderSteps(
  steps: readonly Step[],
): { readonly order: readonly Step[] } | { readonly cycle: readonly string[] } {
  const byName = new Map(steps.map((step) => [step.name, step]));
  const done = new Set<string>();
  const order: Step[] = [];
  const path: string[] = [];
  const visit = (step: Step): readonly string[] | undefined => {
    if (done.has(step.name)) return undefined;
    const at = path.indexOf(step.name);
    if (at >= 0) return [...path.slice(at), step.name];
    path.push(step.name);
    for (const need of needsOf(step)) {
      const needed = byName.get(need);
      const cycle = needed && visit(needed);
      if (cycle) return cycle;
    }
    path.pop();
    done.add(step.name);
    order.push(step);
    return undefined;
  };
  for (const step of steps) {
    const cycle = visit(step);
    if (cycle) return { cycle };
  }
  return { order };
}
