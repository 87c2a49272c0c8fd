import { ActionIcon, Button, CloseButton, Popover, SegmentedControl } from "@mantine/core";
import { useRef, useState } from "react";
import { useText } from "../i18n/use-text.tsx";
import { UpIcon } from "../shell/icons.tsx";
import { SearchInput } from "../shell/search-input.tsx";
import { columnTitle } from "./column-title.ts";
import { type AvailableKeys, groupingColumns, moved, parseColumn } from "./columns.ts";
import { AGGREGATES, type Aggregate } from "./grouping.ts";
import { GroupIcon } from "./icons.tsx";
import { keepFocus } from "./keep-focus.ts";
import classes from "./runs-page.module.css";

const SHOWN = 40;

interface GroupMenuProps {
  readonly available: AvailableKeys;
  readonly groups: readonly string[];
  readonly aggregate: Aggregate;
  onGroups(groups: readonly string[]): void;
  onAggregate(aggregate: Aggregate): void;
  onBegin(): void;
}

/** By what runs are grouped, group in group, and what a group shows of its numbers. */
export function GroupMenu({ available, groups, aggregate, onGroups, onAggregate, onBegin }: GroupMenuProps) {
  const text = useText();
  const [search, setSearch] = useState("");
  const titleOf = (id: string) => {
    const column = parseColumn(id);
    return column === undefined ? id : columnTitle(column, text);
  };
  const menu = useRef<HTMLDivElement>(null);
  const change = (next: readonly string[]) => {
    onGroups(next);
    keepFocus(menu.current);
  };
  const wanted = search.trim().toLowerCase();
  const offered = groupingColumns(available).filter(
    (column) => !groups.includes(column.id) && columnTitle(column, text).toLowerCase().includes(wanted),
  );
  return (
    <Popover width={330} position="bottom-start" shadow="md" trapFocus returnFocus onOpen={onBegin}>
      <Popover.Target>
        <Button
          variant={groups.length > 0 ? "light" : "default"}
          leftSection={<GroupIcon size={14} />}
          maw={320}
          title={text.runs.groupHint}
        >
          {groups.length === 0 ? text.runs.group : text.runs.groupedBy(groups.map(titleOf).join(" › "))}
        </Button>
      </Popover.Target>
      <Popover.Dropdown maw="calc(100vw - 24px)" p={0} ref={menu}>
        {groups.length > 0 ? (
          <div className={classes.groupChosen}>
            {groups.map((id, at) => (
              <div key={id} className={classes.pickerRow}>
                <span className={classes.groupDepth}>{at + 1}</span>
                <span className={classes.groupTitle}>{titleOf(id)}</span>
                {at > 0 ? (
                  <ActionIcon
                    size={24}
                    aria-label={text.runs.moveColumnUp(titleOf(id))}
                    onClick={() => change(moved(groups, id, -1))}
                  >
                    <UpIcon size={13} />
                  </ActionIcon>
                ) : null}
                <CloseButton
                  size={24}
                  aria-label={text.runs.ungroup(titleOf(id))}
                  onClick={() => change(groups.filter((one) => one !== id))}
                />
              </div>
            ))}
            <SegmentedControl
              fullWidth
              mt={8}
              aria-label={text.runs.aggregate}
              value={aggregate}
              onChange={(value) => onAggregate(AGGREGATES.find((one) => one === value) ?? "mean")}
              data={AGGREGATES.map((value) => ({ value, label: text.runs.aggregates[value] }))}
            />
          </div>
        ) : null}
        <div className={classes.pickerHead}>
          <SearchInput label={text.runs.groupSearch} value={search} onChange={setSearch} width={308} />
        </div>
        <div className={classes.pickerList}>
          {offered.slice(0, SHOWN).map((column) => (
            <button
              key={column.id}
              type="button"
              className={classes.choice}
              onClick={() => change([...groups, column.id])}
            >
              <span>{columnTitle(column, text)}</span>
              <span className={classes.choiceKind}>{column.kind === "attributes" ? "" : text.runs[column.kind]}</span>
            </button>
          ))}
          {offered.length > SHOWN ? (
            <p className={classes.choiceKind}>{text.common.moreNotShown(offered.length - SHOWN)}</p>
          ) : null}
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}
