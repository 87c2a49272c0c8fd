import { memo } from "react";
import { useFormat, useText } from "../i18n/use-text.tsx";
import { cellOf, cellTitle } from "./cell.tsx";
import type { Column } from "./columns.ts";
import type { Line } from "./display.ts";
import type { Frame } from "./frame.ts";
import { HEAD_ROWS, type Layout, placeOf } from "./layout.ts";
import { NameCell, nameOf } from "./name-cell.tsx";
import { PickBox } from "./pick-box.tsx";
import classes from "./runs-table.module.css";

interface RunLineProps {
  readonly experiment: string;
  readonly frame: Frame;
  readonly row: number;
  readonly depth: number;
  readonly nested: number;
  readonly outside: boolean;
  /** The row's place in the whole table, from 0. */
  readonly index: number;
  readonly open: boolean;
  readonly folding: boolean;
  readonly selected: boolean;
  readonly columns: readonly Column[];
  readonly layout: Layout;
  onPick(index: number, selected: boolean, range: boolean): void;
  onFold(id: string, open: boolean): void;
}

/** One row. Remembered: scrolling moves the rows, it does not draw them again. */
export const RunLine = memo(function RunLine(props: RunLineProps) {
  const text = useText();
  const format = useFormat();
  const { frame, row, columns, layout, index } = props;
  const id = frame.ids[row] ?? "";
  const line: Line & { kind: "run" } = {
    kind: "run",
    row,
    depth: props.depth,
    children: props.nested,
    outside: props.outside,
  };
  return (
    <tr
      className={classes.row}
      aria-rowindex={index + HEAD_ROWS + 1}
      data-index={index}
      data-selected={props.selected || undefined}
      data-outside={props.outside || undefined}
      title={props.outside ? text.runs.outsideFilter : undefined}
    >
      <td className={`${classes.pinned} ${classes.pick}`}>
        <PickBox
          label={text.runs.selectRun(nameOf(frame, row))}
          checked={props.selected}
          onChange={(checked, range) => props.onPick(index, checked, range)}
        />
      </td>
      <td className={`${classes.pinned} ${classes.nameColumn}`}>
        <NameCell
          experiment={props.experiment}
          frame={frame}
          line={line}
          open={props.open}
          folding={props.folding}
          onFold={() => props.onFold(id, !props.open)}
        />
      </td>
      {columns.map((column, at) => (
        <td
          key={column.id}
          {...placeOf(layout, columns, at)}
          title={cellTitle(frame, column, row, format)}
          dir={layout.right.has(column.id) ? undefined : "auto"}
        >
          {cellOf(frame, column, row, format)}
        </td>
      ))}
    </tr>
  );
});
