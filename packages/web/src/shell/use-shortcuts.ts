import { useNavigate } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { type Shortcut, shortcutOf, type Waiting } from "./shortcut-keys.ts";
import { singleKeysOn } from "./single-keys.ts";

/** Hears the shortcuts of every page; `open` shows the palette or the sheet. */
export function useShortcuts(open: (what: "palette" | "help") => void): void {
  const navigate = useNavigate();
  const waiting = useRef<Waiting>(undefined);
  useEffect(() => {
    const act: Record<Shortcut, () => void> = {
      palette: () => open("palette"),
      help: () => open("help"),
      experiments: () => void navigate({ to: "/experiments" }),
      models: () => void navigate({ to: "/models" }),
      search: () => document.querySelector<HTMLInputElement>("main input[data-search]")?.focus(),
    };
    const hear = (event: KeyboardEvent) => {
      const { key, ctrlKey, metaKey, altKey } = event;
      const press = { key, ctrlKey, metaKey, altKey, isWriting: isWriting(event.target) };
      const found = shortcutOf(press, waiting.current, singleKeysOn());
      waiting.current = found.waiting;
      if (found.shortcut === undefined) return;
      event.preventDefault();
      act[found.shortcut]();
    };
    document.addEventListener("keydown", hear);
    return () => document.removeEventListener("keydown", hear);
  }, [navigate, open]);
}

export const isWriting = (target: EventTarget | null): boolean =>
  document.querySelector("dialog[open]") !== null ||
  (target instanceof HTMLElement && target.matches("input, textarea, select, [contenteditable], [role=textbox]"));
