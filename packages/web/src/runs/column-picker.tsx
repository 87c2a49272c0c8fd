import { Button, Checkbox, Popover } from "@mantine/core";
import { useState } from "react";
import { useText } from "../i18n/use-text.tsx";
import { ColumnsIcon } from "../shell/icons.tsx";
import { SearchInput } from "../shell/search-input.tsx";
import { columnTitle } from "./column-title.ts";
import { type AvailableKeys, COLUMN_KINDS, type Column, columnOf, toggled } from "./columns.ts";
import classes from "./runs-page.module.css";

/** Names shown of one kind: a project may log thousands of metrics. */
const SHOWN = 60;

interface ColumnPickerProps {
  readonly available: AvailableKeys;
  readonly shown: readonly Column[];
  /** Undefined goes back to the columns chosen from the runs. */
  onChange(columns: readonly Column[] | undefined): void;
}

export function ColumnPicker({ available, shown, onChange }: ColumnPickerProps) {
  const text = useText();
  const [search, setSearch] = useState("");
  const on = new Set(shown.map(({ id }) => id));
  const wanted = search.trim().toLowerCase();
  return (
    <Popover width={320} position="bottom-end" shadow="md" trapFocus>
      <Popover.Target>
        <Button variant="default" leftSection={<ColumnsIcon size={14} />}>
          {text.runs.columns}
        </Button>
      </Popover.Target>
      <Popover.Dropdown maw="calc(100vw - 24px)" p={0}>
        <div className={classes.pickerHead}>
          <SearchInput label={text.runs.columnSearch} value={search} onChange={setSearch} width={200} />
          <Button variant="subtle" px={8} onClick={() => onChange(undefined)}>
            {text.common.reset}
          </Button>
        </div>
        <div className={classes.pickerList}>
          {COLUMN_KINDS.map((kind) => {
            const matching = available[kind]
              .map((key) => columnOf(kind, key))
              .filter((column) => columnTitle(column, text).toLowerCase().includes(wanted));
            if (matching.length === 0) return null;
            return (
              <fieldset key={kind} className={classes.pickerGroup}>
                <legend>{text.runs[kind]}</legend>
                {matching.slice(0, SHOWN).map((column) => (
                  <Checkbox
                    key={column.id}
                    label={columnTitle(column, text)}
                    checked={on.has(column.id)}
                    onChange={() => onChange(toggled(shown, column))}
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
