import type { SampledHistory } from "@esteira/core/entities/sampled-history";

/** Thinned histories, and in place of a part of each the finer one that was asked for later. */
export const withDetail = (
  coarse: readonly SampledHistory[],
  fine: readonly SampledHistory[],
): readonly SampledHistory[] =>
  coarse.map((history) => {
    const part = fine.find(({ runId }) => runId === history.runId);
    const first = part?.points[0];
    const last = part?.points.at(-1);
    if (part === undefined || first === undefined || last === undefined) return history;
    return {
      ...history,
      points: [
        ...history.points.filter(({ step }) => step < first.step),
        ...part.points,
        ...history.points.filter(({ step }) => step > last.step),
      ],
    };
  });
