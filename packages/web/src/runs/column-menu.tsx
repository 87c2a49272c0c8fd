import { Menu } from "@mantine/core";
import { useText } from "../i18n/use-text.tsx";
import { ChevronIcon } from "../shell/icons.tsx";
import { type Column, isSortable, type Sort } from "./columns.ts";
import classes from "./runs-table.module.css";

/** What can be done with a column, by its head's menu, by dragging or by keys. */
export interface ColumnActions {
  sort(sort: Sort | undefined): void;
  move(id: string, by: number): void;
  place(id: string, beside: string, behind: boolean): void;
  pin(id: string, on: boolean): void;
  resize(id: string, width: number | undefined): void;
  hide(id: string): void;
  /** Undefined where it makes no groups. */
  group(id: string): void;
}

interface ColumnMenuProps {
  /** The run's name when absent, which can only be sorted and made wider. */
  readonly column: Column | undefined;
  readonly id: string;
  readonly title: string;
  readonly width: number;
  readonly isPinned: boolean;
  readonly canGroup: boolean;
  readonly actions: ColumnActions;
}

const STEP = 40;

export function ColumnMenu({ column, id, title, width, isPinned, canGroup, actions }: ColumnMenuProps) {
  const text = useText();
  return (
    <Menu position="bottom-end" shadow="md" width={210} withInitialFocusPlaceholder={false}>
      <Menu.Target>
        <button type="button" className={classes.menuButton} aria-label={text.runs.columnMenu(title)}>
          <ChevronIcon size={11} />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        {isSortable(id) ? (
          <>
            <Menu.Item onClick={() => actions.sort({ column: id, descending: false })}>{text.runs.sortUp}</Menu.Item>
            <Menu.Item onClick={() => actions.sort({ column: id, descending: true })}>{text.runs.sortDown}</Menu.Item>
            <Menu.Divider />
          </>
        ) : null}
        {canGroup ? <Menu.Item onClick={() => actions.group(id)}>{text.runs.groupByThis}</Menu.Item> : null}
        {column === undefined ? null : (
          <>
            <Menu.Item onClick={() => actions.pin(id, !isPinned)}>
              {isPinned ? text.runs.unpin : text.runs.pin}
            </Menu.Item>
            <Menu.Item closeMenuOnClick={false} onClick={() => actions.move(id, -1)}>
              {text.runs.moveLeft}
            </Menu.Item>
            <Menu.Item closeMenuOnClick={false} onClick={() => actions.move(id, 1)}>
              {text.runs.moveRight}
            </Menu.Item>
          </>
        )}
        <Menu.Item closeMenuOnClick={false} onClick={() => actions.resize(id, width + STEP)}>
          {text.runs.wider}
        </Menu.Item>
        <Menu.Item closeMenuOnClick={false} onClick={() => actions.resize(id, width - STEP)}>
          {text.runs.narrower}
        </Menu.Item>
        <Menu.Item onClick={() => actions.resize(id, undefined)}>{text.runs.resetWidth}</Menu.Item>
        {column === undefined ? null : (
          <>
            <Menu.Divider />
            <Menu.Item onClick={() => actions.hide(id)}>{text.runs.hideColumn}</Menu.Item>
          </>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
