import type { GroupMetrics } from "@esteira/models/evaluation/groups";

/** What a group of rows is measured by: what is caught of its frauds or of their money, what is alerted of its honest rows. */
export type GroupMetric = "recall" | "value_recall" | "fpr";

export function measureOf(group: GroupMetrics, metric: GroupMetric): number {
  if (metric === "recall") return group.recall;
  return metric === "value_recall" ? group.valueRecall : group.falsePositiveRate;
}

/** The rows that count for it. */
export const weightOf = (group: GroupMetrics, metric: GroupMetric): number =>
  metric === "fpr" ? group.rows - group.frauds : group.frauds;
