import type { Run } from "@esteira/core/entities/run";
import { runId as asRunId } from "@esteira/core/ids";
import { Button, CloseButton, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Refusal } from "../access/refusal.tsx";
import { useMay } from "../access/rights.tsx";
import { runClient } from "../api/run-client.ts";
import { useText } from "../i18n/use-text.tsx";
import { notices } from "../shell/notice-store.ts";
import { Dim, Section } from "../shell/page.tsx";
import { SmallTable } from "../shell/small-table.tsx";
import { visibleTags } from "../shell/tag-list.tsx";
import classes from "./run.module.css";

/** A run's tags: set, changed and taken away here, and each can be undone. */
export function RunTags({ run }: { run: Run }) {
  const text = useText();
  const queries = useQueryClient();
  const id = asRunId(run.info.runId);
  const tags = visibleTags(run.data.tags);
  const [isOpen, setOpen] = useState(false);
  const may = useMay("experiment", run.info.experimentId);
  const refresh = () => queries.invalidateQueries({ queryKey: ["run", run.info.runId] });
  const remove = useMutation({
    mutationFn: (tag: { key: string; value: string }) => runClient.deleteTag(id, tag.key),
    onSuccess: async (_, tag) => {
      await refresh();
      notices.tell({
        text: text.run.tagRemoved(tag.key),
        undo: async () => {
          await runClient.setTag(id, tag);
          await refresh();
        },
      });
    },
    onError: (error) => notices.tell({ text: error.message, tone: "bad" }),
  });
  return (
    <Section
      title={text.common.tags}
      aside={
        isOpen || !may.update ? null : (
          <Button variant="subtle" color="gray" onClick={() => setOpen(true)}>
            {text.run.addTag}
          </Button>
        )
      }
    >
      {isOpen ? <NewTag run={run} onEnd={() => setOpen(false)} refresh={refresh} /> : null}
      {tags.length === 0 ? (
        <Dim>{text.run.noTags}</Dim>
      ) : (
        <SmallTable
          head={[{ title: text.common.name }, { title: "" }, { title: text.common.value }]}
          rows={tags.map((tag) => ({
            key: tag.key,
            cells: [
              tag.key,
              // Tags that programs keep are theirs: a run without them is no longer what they know.
              !may.update || /^(mlflow|esteira)\./.test(tag.key) ? null : (
                <CloseButton
                  key="remove"
                  size="xs"
                  aria-label={text.run.removeTag(tag.key)}
                  onClick={() => remove.mutate(tag)}
                />
              ),
              <span key="value" className={classes.value}>
                {tag.value}
              </span>,
            ],
          }))}
        />
      )}
    </Section>
  );
}

function NewTag({ run, onEnd, refresh }: { run: Run; onEnd(): void; refresh(): Promise<void> }) {
  const text = useText();
  const id = asRunId(run.info.runId);
  const [key, setKey] = useState("");
  const [value, setValue] = useState("");
  const former = run.data.tags.find((tag) => tag.key === key.trim());
  const save = useMutation({
    mutationFn: () => runClient.setTag(id, { key: key.trim(), value }),
    onSuccess: async () => {
      onEnd();
      await refresh();
      notices.tell({
        text: text.run.tagSet(key.trim()),
        undo: async () => {
          await (former === undefined ? runClient.deleteTag(id, key.trim()) : runClient.setTag(id, former));
          await refresh();
        },
      });
    },
  });
  return (
    <form
      className={classes.newTag}
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <TextInput
        label={text.common.name}
        value={key}
        onChange={(event) => setKey(event.currentTarget.value)}
        autoComplete="off"
      />
      <TextInput
        label={text.common.value}
        value={value}
        onChange={(event) => setValue(event.currentTarget.value)}
        autoComplete="off"
      />
      <Button type="submit" disabled={key.trim() === ""} loading={save.isPending}>
        {former === undefined ? text.run.addTag : text.run.changeTag}
      </Button>
      <Button variant="subtle" color="gray" onClick={onEnd}>
        {text.common.cancel}
      </Button>
      <Refusal error={save.error} />
    </form>
  );
}
