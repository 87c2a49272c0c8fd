/** What has just been done, told for a while, and how to take it back. */
export interface Notice {
  readonly id: number;
  readonly text: string;
  readonly tone: "good" | "bad";
  /** Takes back what was done. */
  readonly undo?: () => Promise<void>;
}

/** Long enough to read and to reach with a keyboard; what can be undone stays longer. */
const SHOWN_MS = 6_000;
const UNDO_SHOWN_MS = 15_000;
/** More would cover the page. */
const MOST = 3;

type Timer = (run: () => void, ms: number) => unknown;

/** Holds notices; `later` is the clock. */
export function noticeStore(later: Timer = (run, ms) => setTimeout(run, ms)) {
  let notices: readonly Notice[] = [];
  let nextId = 1;
  const listeners = new Set<() => void>();
  const set = (next: readonly Notice[]) => {
    notices = next;
    for (const listener of listeners) listener();
  };
  const dismiss = (id: number) => set(notices.filter((notice) => notice.id !== id));
  return {
    subscribe: (listener: () => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    current: () => notices,
    dismiss,
    tell(notice: Omit<Notice, "id" | "tone"> & { readonly tone?: Notice["tone"] }): void {
      const id = nextId++;
      set([...notices, { tone: "good" as const, ...notice, id }].slice(-MOST));
      later(() => dismiss(id), notice.undo === undefined ? SHOWN_MS : UNDO_SHOWN_MS);
    },
  };
}

export const notices = noticeStore();
