import type { Clock } from "@esteira/core/clock";
import type { Watcher } from "./watcher.ts";

/** How often the outbox is looked at, at the least, milliseconds. */
const DELIVERY_POLL = 1000;

export interface RunOptions {
  readonly clock: Clock;
  readonly stop: AbortSignal;
  /** Told of what no watcher expected; the loop that met it goes on. */
  readonly onFault: (sentence: string) => void;
  /** Told after each look; no look waits for it. */
  readonly onLook?: ((watcher: Watcher) => void) | undefined;
}

/** After a fault that nobody expected it is tried again so much later, milliseconds. */
const AFTER_FAULT = 30_000;

/**
 * Watches until `stop`: each model in a loop of its own, and its deliveries in another, so that neither another model's fault nor a receiver that
 * is slow keeps one from looking. Resolves after what was under way is done.
 */
export async function runWatchers(
  watchers: readonly Watcher[],
  { clock, stop, onFault, onLook }: RunOptions,
): Promise<void> {
  await Promise.all(
    watchers.flatMap((watcher) => [
      repeatedly(stop, onFault, async () => {
        const begun = clock();
        await watcher.look();
        onLook?.(watcher);
        return Math.max(0, begun + watcher.every - clock());
      }),
      repeatedly(stop, onFault, async () => {
        const next = await watcher.deliver();
        return next === undefined ? DELIVERY_POLL : Math.min(DELIVERY_POLL, Math.max(0, next - clock()));
      }),
    ]),
  );
}

/** Does the work again after as many milliseconds as it says, until `stop`. */
async function repeatedly(
  stop: AbortSignal,
  onFault: RunOptions["onFault"],
  work: () => Promise<number>,
): Promise<void> {
  while (!stop.aborted) {
    const wait = await work().catch((error: unknown) => {
      onFault(`A fault of the monitor itself: ${error instanceof Error ? error.message : String(error)}`);
      return AFTER_FAULT;
    });
    if (!stop.aborted) await sleep(wait, stop);
  }
}

const sleep = (ms: number, stop: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      stop.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    stop.addEventListener("abort", end);
  });
