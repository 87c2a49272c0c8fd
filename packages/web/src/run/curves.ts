import type { Run } from "@esteira/core/entities/run";

/** Metrics whose last step is not 0, by name: those that can have a curve. */
export const curvesOf = (run: Run): readonly string[] =>
  run.data.metrics
    .filter(({ step }) => step !== 0)
    .map(({ key }) => key)
    .sort();
