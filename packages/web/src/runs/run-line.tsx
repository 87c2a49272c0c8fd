import { memo } from "react";
import { useFormat, useText } from "../i18n/use-text.tsx";
import { Cell, cellTitle } from "./cell.tsx";
import type { Column } from "./columns.ts";
import { NameCell } from "./name-cell.tsx";
import { PickBox } from "./pick-box.tsx";
import { runNameOf } from "./run-values.ts";
import classes from "./runs-table.module.css";
import type { RunNode } from "./tree.ts";

interface RunLineProps {
  readonly node: RunNode;
  readonly depth: number;
  /** The row's place in the whole table, from 0. */
  readonly index: number;
  readonly open: boolean;
  readonly folding: boolean;
  readonly selected: boolean;
  readonly columns: readonly Column[];
  readonly numeric: ReadonlySet<string>;
  onSelect(runIds: readonly string[], selected: boolean): void;
  onFold(id: string, open: boolean): void;
}

/** The two rows of heads come first. */
const HEAD_ROWS = 2;

/** One row. Remembered: scrolling moves the rows, it does not draw them again. */
export const RunLine = memo(function RunLine(props: RunLineProps) {
  const text = useText();
  const format = useFormat();
  const { node, columns, numeric } = props;
  const { run } = node;
  const id = run.info.runId;
  return (
    <tr
      className={classes.row}
      aria-rowindex={props.index + HEAD_ROWS + 1}
      data-selected={props.selected || undefined}
      data-outside={node.outside || undefined}
      title={node.outside ? text.runs.outsideFilter : undefined}
    >
      <td className={`${classes.pinned} ${classes.pick}`}>
        <PickBox
          label={text.runs.selectRun(runNameOf(run))}
          checked={props.selected}
          onChange={(checked) => props.onSelect([id], checked)}
        />
      </td>
      <td className={classes.pinned}>
        <NameCell
          node={node}
          depth={props.depth}
          open={props.open}
          folding={props.folding}
          onFold={() => props.onFold(id, !props.open)}
        />
      </td>
      {columns.map((column, at) => (
        <td
          key={column.id}
          className={cellClass(numeric.has(column.id), column.kind !== columns[at - 1]?.kind)}
          title={cellTitle(run, column, format) || undefined}
        >
          <Cell run={run} column={column} />
        </td>
      ))}
    </tr>
  );
});

const cellClass = (numeric: boolean, groupStart: boolean) =>
  [numeric ? classes.numeric : "", groupStart ? classes.groupStart : ""].join(" ");
