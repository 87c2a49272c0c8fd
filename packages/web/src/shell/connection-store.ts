export type Connection = "here" | "away";

/** Milliseconds between two questions to a server that is away: first soon, then less often. */
const PAUSES_MS: readonly number[] = [1_000, 2_000, 4_000, 8_000];

interface Ports {
  /** Whether the server answers now. */
  readonly ask: () => Promise<boolean>;
  readonly later: (run: () => void, ms: number) => unknown;
  /** Called once when it answers again. */
  readonly onBack: () => void;
}

/** Knows whether the server answers: told when a call finds it away, it asks until it is back. */
export function connectionStore({ ask, later, onBack }: Ports) {
  let connection: Connection = "here";
  const listeners = new Set<() => void>();
  const set = (next: Connection) => {
    connection = next;
    for (const listener of listeners) listener();
  };
  const watch = (nth: number): void => {
    later(
      () => {
        void ask().then((answers) => {
          if (!answers) return watch(nth + 1);
          set("here");
          onBack();
        });
      },
      PAUSES_MS[Math.min(nth, PAUSES_MS.length - 1)] ?? 0,
    );
  };
  return {
    subscribe: (listener: () => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    current: () => connection,
    lost(): void {
      if (connection === "away") return;
      set("away");
      watch(0);
    },
  };
}
