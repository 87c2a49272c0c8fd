import type { Run } from "@esteira/core/entities/run";
import { z } from "zod";

const TAG = "esteira.workflow.step.";
const state = z.object({
  at: z.number(),
  entryPoint: z.string(),
  needs: z.array(z.string()),
  run: z.string().optional(),
  cached: z.boolean().optional(),
});

/** A step of a workflow, as its run's tags tell of it. */
export interface WorkflowStep {
  readonly name: string;
  /** Steps that it waits for; all stand before it. */
  readonly needs: readonly string[];
  /** The run that has done it, or does it; none where it has not begun. */
  readonly run: string | undefined;
  /** Whether that is an earlier run. */
  readonly cached: boolean;
}

/** The steps in their order; none for a run that is no workflow. What is not told as Esteira tells it is passed over. */
export function workflowOf(run: Run): readonly WorkflowStep[] {
  const told = run.data.tags.flatMap(({ key, value }) => {
    const parsed = key.startsWith(TAG) ? state.safeParse(jsonOf(value)) : undefined;
    return parsed?.success ? [{ name: key.slice(TAG.length), ...parsed.data }] : [];
  });
  told.sort((a, b) => a.at - b.at);
  const before = new Set<string>();
  return told.map(({ name, needs, run: id, cached }) => {
    const step = {
      name,
      needs: [...new Set(needs)].filter((need) => before.has(need)),
      run: id,
      cached: cached ?? false,
    };
    before.add(name);
    return step;
  });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
