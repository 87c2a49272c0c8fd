import type { ReviewState } from "@esteira/core/entities/review";
import { Badge } from "@mantine/core";
import { useText } from "../i18n/use-text.tsx";

const COLORS = { waiting: "yellow", fraud: "red", legitimate: "green", inconclusive: "gray", settled: "gray" } as const;

export function StateBadge({ state }: { state: ReviewState }) {
  const text = useText();
  return <Badge color={COLORS[state]}>{text.reviews.states[state]}</Badge>;
}
