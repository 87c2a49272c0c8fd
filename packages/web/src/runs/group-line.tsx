import { useFormat, useText } from "../i18n/use-text.tsx";
import { ChevronIcon } from "../shell/icons.tsx";
import { cellOf } from "./cell.tsx";
import { columnTitle } from "./column-title.ts";
import { type Column, parseColumn } from "./columns.ts";
import { Distribution } from "./distribution.tsx";
import type { Frame } from "./frame.ts";
import { type Aggregate, commonText, figureOf, type Group, isNumeric, START_COLUMN, summaryOf } from "./grouping.ts";
import { HEAD_ROWS, type Layout, placeOf } from "./layout.ts";
import { indent } from "./name-cell.tsx";
import { PickBox } from "./pick-box.tsx";
import classes from "./runs-table.module.css";

interface GroupLineProps {
  readonly frame: Frame;
  /** All rows of the table: distributions of groups are drawn over their range. */
  readonly rows: Int32Array;
  readonly group: Group;
  readonly depth: number;
  readonly index: number;
  readonly open: boolean;
  readonly picked: "none" | "some" | "all";
  readonly columns: readonly Column[];
  readonly layout: Layout;
  readonly aggregate: Aggregate;
  onPick(index: number, selected: boolean, range: boolean): void;
  onFold(id: string, open: boolean): void;
}

/** Runs that have a value in common: how many, and what their numbers are together. */
export function GroupLine(props: GroupLineProps) {
  const text = useText();
  const { group, columns, layout, index, open } = props;
  const column = parseColumn(group.column);
  const title = column === undefined ? group.column : columnTitle(column, text);
  const format = useFormat();
  const value = useGroupValue(group);
  const label = `${title}: ${value}`;
  return (
    <tr className={`${classes.row} ${classes.group}`} aria-rowindex={index + HEAD_ROWS + 1} data-index={index}>
      <td className={`${classes.pinned} ${classes.pick}`}>
        <PickBox
          label={text.runs.selectGroup(label)}
          checked={props.picked === "all"}
          some={props.picked === "some"}
          onChange={(checked, range) => props.onPick(index, checked, range)}
        />
      </td>
      <td className={`${classes.pinned} ${classes.nameColumn}`}>
        <div className={classes.name} style={{ paddingLeft: indent(props.depth) }}>
          <button
            type="button"
            className={classes.groupName}
            aria-expanded={open}
            data-stop="name"
            title={label}
            onClick={() => props.onFold(group.id, !open)}
          >
            <ChevronIcon size={13} />
            <span className={classes.groupKey}>{title}</span>
            <bdi>{value}</bdi>
          </button>
          <span className={classes.count} title={text.runs.loaded(group.rows.length)}>
            {format.number(group.rows.length)}
          </span>
        </div>
      </td>
      {columns.map((each, at) => (
        <td key={each.id} {...placeOf(layout, columns, at)}>
          <GroupCell {...props} column={each} />
        </td>
      ))}
    </tr>
  );
}

function useGroupValue({ column, value }: Group): string {
  const text = useText();
  const format = useFormat();
  if (value === undefined || value === "") return text.runs.noValue;
  if (typeof value === "string") return value.slice(0, 200);
  return column === START_COLUMN ? format.date(value) : format.metric(value);
}

/** Pixels that a picture beside a number, or beside a duration, needs. */
const ENOUGH = 120;
const WIDE = 150;

/** A figure of the group's numbers and how they lie, or the text that all of its runs have. */
function GroupCell(props: GroupLineProps & { readonly column: Column }) {
  const { frame, rows, group, column, aggregate } = props;
  const format = useFormat();
  const values = frame.columns.get(column.id);
  if (values === undefined || frame.partial.has(column.id)) return <span className={classes.waiting} />;
  const isTime = column.id === START_COLUMN || column.id === "attributes.end_time";
  if (isTime || !isNumeric(values)) {
    if (isTime) return null;
    const common = commonText(values, group.rows);
    return common === undefined ? (
      <span className={classes.several}>–</span>
    ) : (
      cellOf(frame, column, group.rows[0] ?? 0, format)
    );
  }
  const summary = summaryOf(values, group.rows);
  const figure = figureOf(values, group.rows, aggregate);
  if (summary.count === 0) return null;
  // A duration is longer than a number, and a picture that is cut says something else.
  const leastWidth = column.id === "attributes.duration" ? WIDE : ENOUGH;
  const show = (value: number) =>
    column.id === "attributes.duration" && aggregate !== "count" ? format.duration(value) : format.metric(value);
  return (
    <span className={classes.figure}>
      {summary.count > 1 && (props.layout.widths.get(column.id) ?? 0) >= leastWidth ? (
        <Distribution values={values} rows={group.rows} all={rows} summary={summary} />
      ) : null}
      <span>{Number.isNaN(figure) ? "–" : show(figure)}</span>
    </span>
  );
}
