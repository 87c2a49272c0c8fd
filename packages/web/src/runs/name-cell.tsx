import { Link } from "@tanstack/react-router";
import { useText } from "../i18n/use-text.tsx";
import { ChevronIcon } from "../shell/icons.tsx";
import { runNameOf } from "./run-values.ts";
import classes from "./runs-table.module.css";
import type { RunRow } from "./runs-table.tsx";
import { StatusDot } from "./status-badge.tsx";

const INDENT = 18;

/** The run's status and name, under its parent, with the button that shows what is nested in it. */
export function NameCell({ row }: { row: RunRow }) {
  const text = useText();
  const { run, children } = row.original;
  const name = runNameOf(run);
  const open = row.getIsExpanded();
  return (
    <div className={classes.name} style={{ paddingLeft: row.depth * INDENT }}>
      {children.length > 0 ? (
        <button
          type="button"
          className={classes.fold}
          aria-expanded={open}
          aria-label={open ? text.runs.collapse(name) : text.runs.expand(name)}
          onClick={row.getToggleExpandedHandler()}
        >
          <ChevronIcon size={13} />
        </button>
      ) : null}
      <StatusDot status={run.info.status} />
      <Link
        to="/experiments/$experimentId/runs/$runId"
        params={{ experimentId: run.info.experimentId, runId: run.info.runId }}
        title={name}
      >
        {name}
      </Link>
      {children.length > 0 ? (
        <span className={classes.count} title={text.runs.children(children.length)}>
          {children.length}
        </span>
      ) : null}
    </div>
  );
}
