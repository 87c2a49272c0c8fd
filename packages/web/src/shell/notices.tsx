import { Button, CloseButton } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";
import { useText } from "../i18n/use-text.tsx";
import { type Notice, notices } from "./notice-store.ts";
import classes from "./notices.module.css";

/** The corner where the page tells what was done. Readers hear it; the focus stays where it is. */
export function Notices() {
  const shown = useSyncExternalStore(notices.subscribe, notices.current);
  return (
    <div className={classes.corner} role="status" aria-live="polite">
      {shown.map((notice) => (
        <Line key={notice.id} notice={notice} />
      ))}
    </div>
  );
}

function Line({ notice }: { notice: Notice }) {
  const text = useText();
  const close = () => notices.dismiss(notice.id);
  const undo = useMutation({
    mutationFn: async () => notice.undo?.(),
    onSuccess: close,
    onError: (error) => {
      close();
      notices.tell({ text: error.message, tone: "bad" });
    },
  });
  return (
    <div className={classes.notice} data-tone={notice.tone}>
      <span>{notice.text}</span>
      {notice.undo === undefined ? null : (
        <Button variant="subtle" size="compact-sm" loading={undo.isPending} onClick={() => undo.mutate()}>
          {text.promotion.undo}
        </Button>
      )}
      <CloseButton size="sm" aria-label={text.common.close} onClick={close} />
    </div>
  );
}
