import { Link } from "@tanstack/react-router";
import { useText } from "../i18n/use-text.tsx";
import { ChevronIcon } from "../shell/icons.tsx";
import { runNameOf } from "./run-values.ts";
import classes from "./runs-table.module.css";
import { StatusDot } from "./status-badge.tsx";
import type { RunNode } from "./tree.ts";

const INDENT = 18;

interface NameCellProps {
  readonly node: RunNode;
  readonly depth: number;
  readonly open: boolean;
  /** Whether some run of the table has others nested in it. */
  readonly folding: boolean;
  onFold(): void;
}

/**
 * The run's status and name, under its parent, with the button that shows what is nested in it. With `folding`, rows
 * without that button keep its place, so that names stand in line.
 */
export function NameCell({ node, depth, open, folding, onFold }: NameCellProps) {
  const text = useText();
  const { run, children } = node;
  const name = runNameOf(run);
  return (
    <div className={classes.name} style={{ paddingLeft: depth * INDENT }}>
      {children.length > 0 ? (
        <button
          type="button"
          className={classes.fold}
          aria-expanded={open}
          aria-label={open ? text.runs.collapse(name) : text.runs.expand(name)}
          onClick={onFold}
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
