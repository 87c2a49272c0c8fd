import { expect, it } from "vitest";
import { mergeMetrics } from "./merge-metrics.ts";

it("adds up the series of several processes, and keeps their order and their words", () => {
  const one = `# HELP a_total A.
# TYPE a_total counter
a_total{status="200"} 3
# HELP b B.
# TYPE b histogram
b_bucket{le="1"} 1
b_bucket{le="+Inf"} 2
b_sum 7.5
b_count 2
esteira_scoring_model_generation 2
`;
  const other = `# HELP a_total A.
# TYPE a_total counter
a_total{status="200"} 4
a_total{status="400"} 1
# HELP b B.
# TYPE b histogram
b_bucket{le="1"} 0
b_bucket{le="+Inf"} 1
b_sum +Inf
b_count 1
esteira_scoring_model_generation 3
`;
  expect(mergeMetrics([one, other])).toBe(`# HELP a_total A.
# TYPE a_total counter
a_total{status="200"} 7
a_total{status="400"} 1
# HELP b B.
# TYPE b histogram
b_bucket{le="1"} 1
b_bucket{le="+Inf"} 3
b_sum +Inf
b_count 3
esteira_scoring_model_generation 3
`);
  expect(mergeMetrics([one])).toBe(one);
});
