import type { Flow } from "@esteira/core/flow/entity";
import type { Outcome } from "@esteira/core/flow/steps";
import { Badge } from "@mantine/core";
import { useText } from "../i18n/use-text.tsx";
import { Dim } from "../shell/page.tsx";

const OUTCOME_COLORS: Record<Outcome, string> = {
  promoted: "green",
  refused: "red",
  "rolled-back": "yellow",
  declined: "gray",
  cancelled: "gray",
  failed: "red",
};

/** How a flow has ended, or the step that it is at. */
export function FlowBadge({ flow }: { flow: Flow }) {
  const text = useText();
  if (flow.work !== undefined)
    return <Badge color="petrol">{`${text.flows.going}: ${text.flows.works[flow.work]}`}</Badge>;
  if (flow.outcome === undefined) return <Dim>–</Dim>;
  return <Badge color={OUTCOME_COLORS[flow.outcome]}>{text.flows.outcomes[flow.outcome]}</Badge>;
}
