import { ActionIcon, Button, Checkbox, Popover } from "@mantine/core";
import { useRef, useState } from "react";
import { useText } from "../i18n/use-text.tsx";
import { ColumnsIcon, DownIcon, UpIcon } from "../shell/icons.tsx";
import { SearchInput } from "../shell/search-input.tsx";
import { columnTitle } from "./column-title.ts";
import { type AvailableKeys, COLUMN_KINDS, type Column, columnOf, moved, toggled } from "./columns.ts";
import { PinIcon } from "./icons.tsx";
import { keepFocus } from "./keep-focus.ts";
import classes from "./runs-page.module.css";

/** Names shown of one kind: a project may log thousands of metrics. */
const SHOWN = 60;

interface ColumnPickerProps {
  readonly available: AvailableKeys;
  readonly shown: readonly Column[];
  readonly pinned: readonly string[];
  /** Undefined goes back to the columns chosen from the runs. */
  onChange(columns: readonly string[] | undefined): void;
  onPin(id: string, on: boolean): void;
  /** It is opened: now all names are wanted. */
  onBegin(): void;
}

/** Which columns are shown, in what order, and which of them stay; everything by mouse or by keys. */
export function ColumnPicker({ available, shown, pinned, onPin, onBegin, ...props }: ColumnPickerProps) {
  const text = useText();
  const [search, setSearch] = useState("");
  const menu = useRef<HTMLDivElement>(null);
  const onChange = (next: readonly string[] | undefined) => {
    props.onChange(next);
    keepFocus(menu.current);
  };
  const ids = shown.map(({ id }) => id);
  const on = new Set(ids);
  const wanted = search.trim().toLowerCase();
  return (
    <Popover width={360} position="bottom-end" shadow="md" trapFocus returnFocus onOpen={onBegin}>
      <Popover.Target>
        <Button variant="default" leftSection={<ColumnsIcon size={14} />}>
          {text.runs.columns}
        </Button>
      </Popover.Target>
      <Popover.Dropdown maw="calc(100vw - 24px)" p={0} ref={menu}>
        <div className={classes.pickerHead}>
          <SearchInput label={text.runs.columnSearch} value={search} onChange={setSearch} width={230} />
          <Button variant="subtle" px={8} onClick={() => onChange(undefined)}>
            {text.common.reset}
          </Button>
        </div>
        <div className={classes.pickerList}>
          {wanted === "" && shown.length > 0 ? (
            <fieldset className={classes.pickerGroup}>
              <legend>{text.runs.shownColumns}</legend>
              {shown.map((column, at) => {
                const title = columnTitle(column, text);
                const isPinned = pinned.includes(column.id);
                return (
                  <div key={column.id} className={classes.pickerRow}>
                    <Checkbox label={title} checked onChange={() => onChange(ids.filter((id) => id !== column.id))} />
                    <ActionIcon
                      size={24}
                      aria-label={text.runs.pinColumn(title)}
                      aria-pressed={isPinned}
                      color={isPinned ? "teal" : "gray"}
                      onClick={() => onPin(column.id, !isPinned)}
                    >
                      <PinIcon size={13} />
                    </ActionIcon>
                    <ActionIcon
                      size={24}
                      aria-label={text.runs.moveColumnUp(title)}
                      disabled={at === 0}
                      onClick={() => onChange(moved(ids, column.id, -1))}
                    >
                      <UpIcon size={13} />
                    </ActionIcon>
                    <ActionIcon
                      size={24}
                      aria-label={text.runs.moveColumnDown(title)}
                      disabled={at === shown.length - 1}
                      onClick={() => onChange(moved(ids, column.id, 1))}
                    >
                      <DownIcon size={13} />
                    </ActionIcon>
                  </div>
                );
              })}
            </fieldset>
          ) : null}
          {COLUMN_KINDS.map((kind) => {
            const matching = available[kind]
              .map((key) => columnOf(kind, key))
              .filter((column) => columnTitle(column, text).toLowerCase().includes(wanted))
              .filter((column) => wanted !== "" || !on.has(column.id));
            if (matching.length === 0) return null;
            return (
              <fieldset key={kind} className={classes.pickerGroup}>
                <legend>{text.runs[kind]}</legend>
                {matching.slice(0, SHOWN).map((column) => (
                  <Checkbox
                    key={column.id}
                    label={columnTitle(column, text)}
                    checked={on.has(column.id)}
                    onChange={() => onChange(toggled(shown, column).map(({ id }) => id))}
                  />
                ))}
                {matching.length > SHOWN ? <p>{text.common.moreNotShown(matching.length - SHOWN)}</p> : null}
              </fieldset>
            );
          })}
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}
