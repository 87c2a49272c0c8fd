import { CloseButton } from "@mantine/core";
import { type ReactNode, useId, useLayoutEffect, useRef } from "react";
import { useText } from "../i18n/use-text.tsx";
import classes from "./dialog.module.css";

interface DialogProps {
  readonly title: string;
  onClose(): void;
  readonly children: ReactNode;
}

/**
 * The browser's own modal dialog: it keeps the focus inside, hides the page from readers, closes on Escape, and gives the focus back to
 * what had it.
 */
export function Dialog({ title, onClose, children }: DialogProps) {
  const text = useText();
  const id = useId();
  const ref = useModal();
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape is the keyboard's way, and `cancel` hears it.
    <dialog
      ref={ref}
      className={classes.dialog}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => {
        // What lies around the dialog is the dialog element itself.
        if (event.target === event.currentTarget) onClose();
      }}
    >
      <div className={classes.inside}>
        <div className={classes.head}>
          <h2 id={id}>{title}</h2>
          <CloseButton aria-label={text.common.close} onClick={onClose} />
        </div>
        {children}
      </div>
    </dialog>
  );
}

/** Opens a dialog element as a modal while it is shown. */
export function useModal() {
  const ref = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const dialog = ref.current;
    if (dialog !== null && !dialog.open) dialog.showModal();
    return () => dialog?.close();
  }, []);
  return ref;
}
