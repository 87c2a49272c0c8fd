import { ActionIcon, Button, Popover, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { useText } from "../i18n/use-text.tsx";
import { BinIcon, ViewIcon } from "./icons.tsx";
import type { Notify } from "./notices.tsx";
import classes from "./runs-page.module.css";
import type { RunsSearch } from "./search.ts";
import { ChangedMeanwhile, isAsSaved, removeView, restoreView, type SavedView, saveView, TooLong } from "./views.ts";

interface ViewsMenuProps {
  readonly experiment: string;
  readonly views: readonly SavedView[];
  readonly search: RunsSearch;
  onOpen(view: SavedView | undefined): void;
  onSaved(id: string): void;
  readonly notify: Notify;
}

/** Views that a team has saved: opened, saved under a name, saved anew, removed. */
export function ViewsMenu({ experiment, views, search, onOpen, onSaved, notify }: ViewsMenuProps) {
  const text = useText();
  const [name, setName] = useState("");
  const [fault, setFault] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const current = views.find(({ id }) => id === search.view);
  const isChanged = current !== undefined && !isAsSaved(current, search);

  const save = async (as: string, replaced: SavedView | undefined) => {
    setBusy(true);
    setFault(undefined);
    try {
      onSaved(await saveView(experiment, as, search, replaced));
      setName("");
      notify({ text: text.runs.viewSaved(as) });
    } catch (error) {
      setFault(
        error instanceof ChangedMeanwhile
          ? text.runs.viewChangedMeanwhile
          : error instanceof TooLong
            ? text.runs.viewTooLong
            : error instanceof Error
              ? error.message
              : String(error),
      );
    } finally {
      setBusy(false);
    }
  };
  const remove = async (view: SavedView) => {
    try {
      await removeView(experiment, view);
      notify({ text: text.runs.viewRemoved(view.name), undo: () => restoreView(experiment, view) });
    } catch (error) {
      setFault(error instanceof Error ? error.message : String(error));
    }
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const wanted = name.trim();
    if (wanted !== "")
      void save(
        wanted,
        views.find((view) => view.name === wanted),
      );
  };

  return (
    <Popover width={320} position="bottom-end" shadow="md" trapFocus returnFocus>
      <Popover.Target>
        <Button variant="default" leftSection={<ViewIcon size={14} />} maw={240}>
          {current === undefined ? text.runs.views : isChanged ? text.runs.viewChanged(current.name) : current.name}
        </Button>
      </Popover.Target>
      <Popover.Dropdown maw="calc(100vw - 24px)" p={0}>
        <div className={classes.pickerList}>
          <button type="button" className={classes.choice} onClick={() => onOpen(undefined)}>
            <span>{text.runs.viewDefault}</span>
          </button>
          {views.map((view) => (
            <div key={view.id} className={classes.pickerRow}>
              <button
                type="button"
                className={classes.choice}
                aria-current={view.id === current?.id || undefined}
                onClick={() => onOpen(view)}
              >
                <bdi>{view.name}</bdi>
              </button>
              <ActionIcon size={24} aria-label={text.runs.viewRemove(view.name)} onClick={() => void remove(view)}>
                <BinIcon size={13} />
              </ActionIcon>
            </div>
          ))}
          {views.length === 0 ? <p className={classes.choiceKind}>{text.runs.viewsNone}</p> : null}
        </div>
        <form className={classes.viewForm} onSubmit={submit}>
          {isChanged ? (
            <Button variant="light" fullWidth loading={isBusy} onClick={() => void save(current.name, current)}>
              {text.runs.viewUpdate(current.name)}
            </Button>
          ) : null}
          <TextInput
            label={text.runs.viewName}
            value={name}
            maxLength={100}
            onChange={(event) => setName(event.currentTarget.value)}
            error={fault}
          />
          <Button type="submit" fullWidth disabled={name.trim() === ""} loading={isBusy}>
            {text.runs.viewSave}
          </Button>
        </form>
      </Popover.Dropdown>
    </Popover>
  );
}
