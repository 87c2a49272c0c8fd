import type { Run } from "@esteira/core/entities/run";
import { runId as asRunId } from "@esteira/core/ids";
import { ActionIcon, Button, Menu, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Refusal } from "../access/refusal.tsx";
import { useMay } from "../access/rights.tsx";
import { runClient } from "../api/run-client.ts";
import { useText } from "../i18n/use-text.tsx";
import { runNameOf } from "../runs/run-values.ts";
import { Dialog } from "../shell/dialog.tsx";
import { DotsIcon } from "../shell/icons.tsx";
import { notices } from "../shell/notice-store.ts";
import classes from "./notes.module.css";

/** Renames, deletes and restores a run; each can be taken back. */
export function RunActions({ run }: { run: Run }) {
  const text = useText();
  const [isRenaming, setRenaming] = useState(false);
  const refresh = useRefresh(run);
  const id = asRunId(run.info.runId);
  const may = useMay("experiment", run.info.experimentId);
  const isDeleted = run.info.lifecycleStage === "deleted";
  const flip = useMutation({
    mutationFn: () => (isDeleted ? runClient.restore(id) : runClient.delete(id)),
    onSuccess: async () => {
      await refresh();
      notices.tell({
        text: isDeleted ? text.run.restored(runNameOf(run)) : text.run.deleted(runNameOf(run)),
        undo: async () => {
          await (isDeleted ? runClient.delete(id) : runClient.restore(id));
          await refresh();
        },
      });
    },
    onError: (error) => notices.tell({ text: error.message, tone: "bad" }),
  });
  // The notes beside it say why.
  if (!may.update && !may.delete) return null;
  return (
    <>
      <Menu position="bottom-start" withinPortal>
        <Menu.Target>
          <ActionIcon size={30} variant="default" aria-label={text.run.actions}>
            <DotsIcon />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item disabled={!may.update} onClick={() => setRenaming(true)}>
            {text.run.rename}
          </Menu.Item>
          <Menu.Item disabled={!may.delete} onClick={() => flip.mutate()}>
            {isDeleted ? text.run.restore : text.run.delete}
          </Menu.Item>
          {may.why === undefined ? null : <Menu.Label maw={280}>{may.why}</Menu.Label>}
        </Menu.Dropdown>
      </Menu>
      {isRenaming ? <Rename run={run} onClose={() => setRenaming(false)} /> : null}
    </>
  );
}

function useRefresh(run: Run): () => Promise<void> {
  const queries = useQueryClient();
  return async () => {
    await Promise.all([
      queries.invalidateQueries({ queryKey: ["run", run.info.runId] }),
      queries.invalidateQueries({ queryKey: ["runs"] }),
    ]);
  };
}

function Rename({ run, onClose }: { run: Run; onClose(): void }) {
  const text = useText();
  const refresh = useRefresh(run);
  const before = runNameOf(run);
  const [name, setName] = useState(before);
  const id = asRunId(run.info.runId);
  const rename = useMutation({
    mutationFn: () => runClient.update(id, { runName: name.trim() }),
    onSuccess: async () => {
      onClose();
      await refresh();
      notices.tell({
        text: text.run.renamed(name.trim()),
        undo: async () => {
          await runClient.update(id, { runName: before });
          await refresh();
        },
      });
    },
  });
  return (
    <Dialog title={text.run.rename} onClose={onClose}>
      <form
        className={classes.editor}
        onSubmit={(event) => {
          event.preventDefault();
          rename.mutate();
        }}
      >
        <TextInput
          size="sm"
          label={text.common.name}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          autoComplete="off"
        />
        <Refusal error={rename.error} />
        <div className={classes.buttons}>
          <Button type="submit" disabled={name.trim() === ""} loading={rename.isPending}>
            {text.run.saveName}
          </Button>
          <Button variant="subtle" color="gray" onClick={onClose}>
            {text.common.cancel}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
