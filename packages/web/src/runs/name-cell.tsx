import { Link } from "@tanstack/react-router";
import type { Row } from "@tanstack/react-table";
import { useText } from "../i18n/use-text.tsx";
import { ChevronIcon } from "../shell/icons.tsx";
import { runNameOf } from "./run-values.ts";
import classes from "./runs-table.module.css";
import { StatusDot } from "./status-badge.tsx";
import type { RunNode } from "./tree.ts";

const INDENT = 18;

/**
 * The run's status and name, under its parent, with the button that shows what is nested in it. With `folding`, rows
 * without that button keep its place, so that names stand in line.
 */
export function NameCell({ row, folding }: { row: Row<RunNode>; folding: boolean }) {
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
      ) : folding ? (
        <span className={classes.unfoldable} />
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
