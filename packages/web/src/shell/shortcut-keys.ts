export type Shortcut = "palette" | "help" | "experiments" | "models" | "search";

/** What of a key press decides. */
export interface Press {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  /** Whether the press is part of writing: in a field, or while a dialog is open. */
  readonly isWriting: boolean;
}

/** A letter that waits for its second one. */
export type Waiting = "g" | undefined;

/** What a press means after a letter that waits, and which letter waits then. `singleKeys`: letters alone mean something. */
export function shortcutOf(
  press: Press,
  waiting: Waiting,
  singleKeys: boolean,
): { readonly shortcut?: Shortcut; readonly waiting: Waiting } {
  const isCommand = press.ctrlKey || press.metaKey;
  if (isCommand && !press.altKey && press.key.toLowerCase() === "k") return { shortcut: "palette", waiting: undefined };
  if (isCommand || press.altKey || press.isWriting || !singleKeys) return { waiting: undefined };
  if (waiting === "g") {
    const second = { e: "experiments", m: "models" } as const;
    const shortcut = press.key === "e" || press.key === "m" ? second[press.key] : undefined;
    return shortcut === undefined ? { waiting: undefined } : { shortcut, waiting: undefined };
  }
  if (press.key === "g") return { waiting: "g" };
  if (press.key === "?") return { shortcut: "help", waiting: undefined };
  if (press.key === "/") return { shortcut: "search", waiting: undefined };
  return { waiting: undefined };
}
