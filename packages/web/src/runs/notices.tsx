import { Button, CloseButton } from "@mantine/core";
import { useCallback, useEffect, useState } from "react";
import { useText } from "../i18n/use-text.tsx";
import classes from "./runs-page.module.css";

export interface Notice {
  readonly text: string;
  readonly isFault?: boolean;
  /** Takes back what was done. */
  readonly undo?: () => Promise<unknown>;
}
export type Notify = (notice: Notice) => void;

/** Long enough to read it and to reach the button; it stays while it is looked at. */
const SHOWN_MS = 12_000;

/** What was just done, said once, with the way back. */
export function useNotices() {
  const [notice, setNotice] = useState<Notice>();
  const notify = useCallback<Notify>((next) => setNotice(next), []);
  return { notice, notify, dismiss: useCallback(() => setNotice(undefined), []) };
}

interface NoticesProps {
  readonly notice: Notice | undefined;
  readonly notify: Notify;
  dismiss(): void;
}

export function Notices({ notice, notify, dismiss }: NoticesProps) {
  const text = useText();
  const [isHeld, setHeld] = useState(false);
  const [isBusy, setBusy] = useState(false);
  useEffect(() => {
    if (notice === undefined || isHeld || isBusy) return;
    const timer = setTimeout(dismiss, SHOWN_MS);
    return () => clearTimeout(timer);
  }, [notice, isHeld, isBusy, dismiss]);
  const undo = async (back: () => Promise<unknown>) => {
    setBusy(true);
    try {
      await back();
      notify({ text: text.runs.undone });
    } catch (error) {
      notify({ text: error instanceof Error ? error.message : String(error), isFault: true });
    } finally {
      setBusy(false);
    }
  };
  return (
    <div className={classes.notices} role="status" aria-live="polite">
      {notice === undefined ? null : (
        // biome-ignore lint/a11y/noStaticElementInteractions: being looked at only keeps it from going away.
        <div
          className={classes.notice}
          data-fault={notice.isFault || undefined}
          onMouseEnter={() => setHeld(true)}
          onMouseLeave={() => setHeld(false)}
          onFocus={() => setHeld(true)}
          onBlur={() => setHeld(false)}
        >
          <span>{notice.text}</span>
          {notice.undo === undefined ? null : (
            <Button variant="subtle" px={8} loading={isBusy} onClick={() => void undo(notice.undo ?? (async () => {}))}>
              {text.runs.undo}
            </Button>
          )}
          <CloseButton size={24} aria-label={text.common.close} onClick={dismiss} />
        </div>
      )}
    </div>
  );
}
