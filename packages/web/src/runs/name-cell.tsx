import { isRunStatus } from "@esteira/core/entities/run";
import { useText } from "../i18n/use-text.tsx";
import { ChevronIcon } from "../shell/icons.tsx";
import type { Line } from "./display.ts";
import { type Frame, textAt } from "./frame.ts";
import classes from "./runs-table.module.css";
import { StatusDot } from "./status-badge.tsx";

const INDENT = 18;
/** Deeper runs stand in line with these. */
const DEEPEST = 8;
export const indent = (depth: number): number => Math.min(depth, DEEPEST) * INDENT;

const textOf = (frame: Frame, column: string, row: number): string | undefined => {
  const values = frame.columns.get(column);
  return values?.kind === "text" ? textAt(values, row) : undefined;
};
/** A run's name, or the start of its id. */
export const nameOf = (frame: Frame, row: number): string =>
  textOf(frame, "attributes.run_name", row) || (frame.ids[row] ?? "").slice(0, 8);

interface NameCellProps {
  readonly experiment: string;
  readonly frame: Frame;
  readonly line: Line & { readonly kind: "run" };
  readonly open: boolean;
  /** Whether some run of the table has others nested in it. */
  readonly folding: boolean;
  onFold(): void;
}

/**
 * The run's status and name, under its parent, with the button that shows what is nested in it. With `folding`, rows
 * without that button keep its place, so that names stand in line.
 */
export function NameCell({ experiment, frame, line, open, folding, onFold }: NameCellProps) {
  const text = useText();
  const name = nameOf(frame, line.row);
  const runId = frame.ids[line.row] ?? "";
  const status = textOf(frame, "attributes.status", line.row) ?? "";
  return (
    <div className={classes.name} style={{ paddingLeft: indent(line.depth) }}>
      {line.children > 0 ? (
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
      {isRunStatus(status) ? <StatusDot status={status} /> : null}
      {/* Followed by the table, which hears its clicks: hundreds of the router's own links would each watch the address. */}
      <a
        href={`#/experiments/${encodeURIComponent(experiment)}/runs/${encodeURIComponent(runId)}`}
        data-run={runId}
        title={name}
        data-stop="name"
        dir="auto"
      >
        {name}
      </a>
      {line.children > 0 ? (
        <span className={classes.count} title={text.runs.children(line.children)}>
          {line.children}
        </span>
      ) : null}
    </div>
  );
}
