import type { Deployment } from "@esteira/core/entities/deployment";
import { Badge } from "@mantine/core";
import { useText } from "../i18n/use-text.tsx";

const COLORS = { serving: "green", failed: "red", removed: "gray" } as const;

/** What is so, and what is about to be. */
export function StateBadge({ deployment: { state, problem, order } }: { deployment: Deployment }) {
  const text = useText();
  const isGoingBack = order !== undefined && order.outcome === undefined;
  return (
    <>
      <Badge color={COLORS[state]}>{text.deployments.states[state]}</Badge>
      {state === "serving" && problem !== undefined ? (
        <Badge color="yellow">{text.deployments.lastFailed}</Badge>
      ) : null}
      {isGoingBack ? <Badge color="petrol">{text.deployments.goingBack}</Badge> : null}
    </>
  );
}
