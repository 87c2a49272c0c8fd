import { CloseButton } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useText } from "../i18n/use-text.tsx";
import { Dim } from "../shell/page.tsx";
import classes from "./compare.module.css";

export interface ComparedRun {
  readonly id: string;
  readonly experimentId: string;
  readonly name: string;
  readonly color: string;
  readonly deleted: boolean;
}

/** The runs that are compared: the legend of the charts and the way to leave one out. */
export function RunChips({ heads, onRemove }: { heads: readonly ComparedRun[]; onRemove(id: string): void }) {
  const text = useText();
  return (
    <div className={classes.chips}>
      {heads.map((head) => (
        <span key={head.id} className={classes.chip}>
          <span className={classes.swatch} style={{ background: head.color }} />
          <Link
            to="/experiments/$experimentId/runs/$runId"
            params={{ experimentId: head.experimentId, runId: head.id }}
          >
            <bdi>{head.name}</bdi>
          </Link>
          {head.deleted ? <Dim>{text.runs.deleted}</Dim> : null}
          <CloseButton size="xs" aria-label={text.compare.remove(head.name)} onClick={() => onRemove(head.id)} />
        </span>
      ))}
    </div>
  );
}
