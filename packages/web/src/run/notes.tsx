import type { Run } from "@esteira/core/entities/run";
import { tagValue } from "@esteira/core/entities/tag";
import { runId as asRunId } from "@esteira/core/ids";
import { Button, Textarea } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import { Refusal } from "../access/refusal.tsx";
import { useMay } from "../access/rights.tsx";
import { runClient } from "../api/run-client.ts";
import { useText } from "../i18n/use-text.tsx";
import { forgetDraft, keepDraft, readDraft } from "../shell/drafts.ts";
import { PencilIcon } from "../shell/icons.tsx";
import { notices } from "../shell/notice-store.ts";
import { Dim, Note, Section } from "../shell/page.tsx";
import classes from "./notes.module.css";

const Markdown = lazy(() => import("../shell/markdown.tsx"));
const TAG = "mlflow.note.content";

const draftOf = (run: Run): string => `note of ${run.info.runId}`;

/** Somebody else has written meanwhile: what they wrote. */
class Crossed extends Error {
  readonly theirs: string;
  constructor(theirs: string) {
    super("The note was changed meanwhile.");
    this.theirs = theirs;
  }
}

/** What people have written about a run, in Markdown, and the field to write it in. */
export function Notes({ run }: { run: Run }) {
  const text = useText();
  const note = tagValue(run.data.tags, TAG) ?? "";
  const [isOpen, setOpen] = useState(() => readDraft(draftOf(run)) !== undefined);
  const may = useMay("experiment", run.info.experimentId);
  return (
    <Section
      title={text.run.notes}
      aside={
        isOpen ? null : !may.update ? (
          <Dim>{may.why}</Dim>
        ) : (
          <Button variant="subtle" color="gray" leftSection={<PencilIcon size={14} />} onClick={() => setOpen(true)}>
            {text.run.editNotes}
          </Button>
        )
      }
    >
      {isOpen ? <Editor run={run} note={note} onEnd={() => setOpen(false)} /> : <Shown note={note} />}
    </Section>
  );
}

function Shown({ note }: { note: string }) {
  const text = useText();
  if (note === "") return <Dim>{text.run.noNotes}</Dim>;
  return (
    <Suspense fallback={<Note>{note}</Note>}>
      <Markdown source={note} />
    </Suspense>
  );
}

function Editor({ run, note, onEnd }: { run: Run; note: string; onEnd(): void }) {
  const text = useText();
  const queries = useQueryClient();
  const left = readDraft(draftOf(run));
  const [draft, setDraft] = useState(left?.text ?? note);
  // What the draft is a change of: written over only when it is still what the server has.
  const [base, setBase] = useState(left?.base ?? note);
  const write = (text: string) => {
    setDraft(text);
    keepDraft(draftOf(run), { text, base });
  };
  const end = () => {
    forgetDraft(draftOf(run));
    onEnd();
  };
  const id = asRunId(run.info.runId);
  const save = useMutation({
    mutationFn: async () => {
      const theirs = tagValue((await runClient.get(id)).data.tags, TAG) ?? "";
      if (theirs !== base && theirs !== draft) throw new Crossed(theirs);
      await runClient.setTag(id, { key: TAG, value: draft });
    },
    onSuccess: async () => {
      end();
      await queries.invalidateQueries({ queryKey: ["run", run.info.runId] });
      notices.tell({
        text: text.run.notesSaved,
        undo: async () => {
          await runClient.setTag(id, { key: TAG, value: base });
          await queries.invalidateQueries({ queryKey: ["run", run.info.runId] });
        },
      });
    },
  });
  return (
    <form
      className={classes.editor}
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <Textarea
        aria-label={text.run.notes}
        description={text.run.notesHint}
        value={draft}
        onChange={(event) => write(event.currentTarget.value)}
        autosize
        minRows={5}
        maxRows={24}
        size="sm"
        data-autofocus
      />
      {draft === "" ? null : (
        <div className={classes.preview}>
          <Shown note={draft} />
        </div>
      )}
      {save.error instanceof Crossed ? (
        <div className={classes.crossed} role="alert">
          <p>{text.run.notesCrossed}</p>
          <Note>{save.error.theirs}</Note>
          <div className={classes.buttons}>
            <Button
              variant="default"
              onClick={() => {
                if (save.error instanceof Crossed) setBase(save.error.theirs);
                save.reset();
              }}
            >
              {text.run.keepMine}
            </Button>
            <Button
              variant="default"
              onClick={() => {
                if (save.error instanceof Crossed) setDraft(`${save.error.theirs}\n\n${draft}`);
                if (save.error instanceof Crossed) setBase(save.error.theirs);
                save.reset();
              }}
            >
              {text.run.joinBoth}
            </Button>
          </div>
        </div>
      ) : (
        <Refusal error={save.error} />
      )}
      <div className={classes.buttons}>
        <Button type="submit" loading={save.isPending}>
          {text.run.saveNotes}
        </Button>
        <Button variant="subtle" color="gray" onClick={end}>
          {text.common.cancel}
        </Button>
      </div>
    </form>
  );
}
