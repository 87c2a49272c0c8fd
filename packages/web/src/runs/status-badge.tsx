import type { RunStatus } from "@esteira/core/entities/run";
import { useText } from "../i18n/use-text.tsx";
import classes from "./status.module.css";

export function StatusDot({ status }: { status: RunStatus }) {
  const text = useText();
  return (
    <span
      className={`${classes.dot} ${classes[status]}`}
      role="img"
      aria-label={text.status[status]}
      title={text.status[status]}
    />
  );
}

export function StatusBadge({ status }: { status: RunStatus }) {
  const text = useText();
  return (
    <span className={classes.badge}>
      <span className={`${classes.dot} ${classes[status]}`} />
      {text.status[status]}
    </span>
  );
}
