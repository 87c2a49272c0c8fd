import { type RunId, runId } from "@esteira/core/ids";
import { Button, CloseButton, Popover, TextInput } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { useMay } from "../access/rights.tsx";
import { runClient } from "../api/run-client.ts";
import { useText } from "../i18n/use-text.tsx";
import { CompareIcon } from "../shell/icons.tsx";
import { Dim } from "../shell/page.tsx";
import { forEachRun, type SomeFailed, setTag, tagsNow } from "./bulk.ts";
import { ARCHIVED_TAG, type FrameStore } from "./frame-store.ts";
import { ArchiveIcon, BinIcon, RestoreIcon, TagIcon } from "./icons.tsx";
import type { Notify } from "./notices.tsx";
import classes from "./runs-page.module.css";

/** A comparison of more runs than these is a table of its own. */
const MOST_COMPARED = 100;

interface SelectionBarProps {
  readonly experiment: string;
  readonly selected: readonly string[];
  readonly state: "active" | "archived" | "deleted";
  readonly store: FrameStore;
  readonly notify: Notify;
  onClear(): void;
}

/** What can be done with the selected runs; each of it can be undone. */
export function SelectionBar({ experiment, selected, state, store, notify, onClear }: SelectionBarProps) {
  const text = useText();
  const navigate = useNavigate();
  const [progress, setProgress] = useState<number>();
  const may = useMay("experiment", experiment);
  if (selected.length === 0) return null;

  /** Does it, says so, and offers the way back for those for which it was done. */
  const act = async (
    ids: readonly string[],
    work: (id: RunId) => Promise<unknown>,
    said: (count: number) => string,
    back: (id: RunId) => Promise<unknown>,
    isGone: boolean,
  ) => {
    setProgress(0);
    const { done, fault } = await forEachRun(ids, work, setProgress);
    setProgress(undefined);
    if (isGone) store.remove(new Set(done));
    else store.touch(done.map(runId));
    if (isGone && done.length > 0) onClear();
    const undo = async () => {
      const undone = await forEachRun(done, back);
      store.refresh();
      if (undone.fault !== undefined) throw new Error(faultText(undone.fault));
    };
    const words = done.length > 0 ? said(done.length) : "";
    notify({
      text: fault === undefined ? words : `${words} ${faultText(fault)}`.trim(),
      isFault: fault !== undefined,
      ...(done.length > 0 ? { undo } : {}),
    });
  };
  const faultText = (fault: SomeFailed) => text.runs.someFailed(fault.failed, fault.message);

  const archive = (on: boolean) =>
    act(
      selected,
      (id) => setTag(id, ARCHIVED_TAG, on ? "true" : undefined),
      on ? text.runs.archivedRuns : text.runs.unarchivedRuns,
      (id) => setTag(id, ARCHIVED_TAG, on ? undefined : "true"),
      false,
    ).then(onClear);
  const remove = () =>
    act(
      selected,
      (id) => runClient.delete(id),
      text.runs.deletedRuns,
      (id) => runClient.restore(id),
      true,
    );
  const restore = () =>
    act(
      selected,
      (id) => runClient.restore(id),
      text.runs.restoredRuns,
      (id) => runClient.delete(id),
      true,
    );
  const tag = async (key: string, value: string | undefined) => {
    try {
      const before = await tagsNow(experiment, selected, key);
      const changed = selected.filter((id) => before.get(id) !== value);
      await act(
        changed,
        (id) => setTag(id, key, value),
        (count) => (value === undefined ? text.runs.untaggedRuns(count, key) : text.runs.taggedRuns(count, key)),
        (id) => setTag(id, key, before.get(id)),
        false,
      );
    } catch (error) {
      notify({ text: error instanceof Error ? error.message : String(error), isFault: true });
    }
  };
  const isBusy = progress !== undefined;

  return (
    <div className={classes.selectionBar} role="toolbar" aria-label={text.runs.selectionActions}>
      <span className={classes.selectionCount} aria-live="polite">
        {isBusy ? text.runs.progress(progress, selected.length) : text.runs.selected(selected.length)}
      </span>
      <Button
        variant="default"
        leftSection={<CompareIcon size={14} />}
        disabled={selected.length < 2 || selected.length > MOST_COMPARED || isBusy}
        title={selected.length > MOST_COMPARED ? text.runs.compareMost(MOST_COMPARED) : text.runs.compareHint}
        onClick={() => void navigate({ to: "/compare-runs", search: { runs: [...selected] } })}
      >
        {text.runs.compare}
      </Button>
      {state === "deleted" ? (
        <Button
          variant="default"
          disabled={isBusy || !may.delete}
          leftSection={<RestoreIcon size={14} />}
          onClick={() => void restore()}
        >
          {text.runs.restore}
        </Button>
      ) : (
        <>
          <TagForm disabled={isBusy || !may.update} onTag={tag} />
          <Button
            variant="default"
            disabled={isBusy || !may.update}
            leftSection={<ArchiveIcon size={14} />}
            onClick={() => void archive(state === "active")}
          >
            {state === "active" ? text.runs.archive : text.runs.unarchive}
          </Button>
          <Button
            variant="default"
            color="red"
            disabled={isBusy || !may.delete}
            leftSection={<BinIcon size={14} />}
            onClick={() => void remove()}
          >
            {text.runs.remove}
          </Button>
        </>
      )}
      {may.why === undefined ? null : <Dim>{may.why}</Dim>}
      <CloseButton aria-label={text.runs.clearSelection} disabled={isBusy} onClick={onClear} />
    </div>
  );
}

function TagForm({
  disabled,
  onTag,
}: {
  disabled: boolean;
  onTag(key: string, value: string | undefined): Promise<void>;
}) {
  const text = useText();
  const [isOpen, setOpen] = useState(false);
  const [key, setKey] = useState("");
  const [value, setValue] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setOpen(false);
    void onTag(key.trim(), value === "" ? undefined : value);
  };
  return (
    <Popover width={280} position="top" shadow="md" trapFocus returnFocus opened={isOpen} onChange={setOpen}>
      <Popover.Target>
        <Button
          variant="default"
          disabled={disabled}
          leftSection={<TagIcon size={14} />}
          onClick={() => setOpen(!isOpen)}
        >
          {text.runs.tag}
        </Button>
      </Popover.Target>
      <Popover.Dropdown maw="calc(100vw - 24px)">
        <form className={classes.tagForm} onSubmit={submit}>
          <TextInput
            label={text.runs.tagKey}
            value={key}
            maxLength={250}
            onChange={(event) => setKey(event.currentTarget.value)}
          />
          <TextInput
            label={text.runs.tagValue}
            description={text.runs.tagEmpty}
            value={value}
            maxLength={8000}
            onChange={(event) => setValue(event.currentTarget.value)}
          />
          <Button type="submit" disabled={key.trim() === ""}>
            {text.runs.tagSet}
          </Button>
        </form>
      </Popover.Dropdown>
    </Popover>
  );
}
