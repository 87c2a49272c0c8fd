import { type ReactNode, useEffect, useRef } from "react";
import classes from "./charts.module.css";

/** The whole window for one thing. Escape leaves, and the focus is held inside meanwhile: the browser's own dialog does both. */
export function FullScreen(props: { readonly label: string; onClose(): void; readonly children: ReactNode }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const element = dialog.current;
    if (element !== null && !element.open) element.showModal();
    return () => element?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      className={classes.full}
      aria-label={props.label}
      onCancel={(event) => {
        event.preventDefault();
        props.onClose();
      }}
    >
      {props.children}
    </dialog>
  );
}
