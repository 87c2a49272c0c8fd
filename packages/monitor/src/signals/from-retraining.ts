import type { Retrainings } from "../retraining/retraining.ts";
import type { Signal } from "./signal.ts";

/** What is known of retrainings at `at`; none where none has ended by then. */
export function retrainingSignals({ all }: Retrainings, at: number): readonly Signal[] {
  const ended = all.filter(({ endedAt }) => endedAt !== null && endedAt <= at);
  const last = ended.at(-1);
  const made = ended.findLast(({ failure }) => failure === null);
  return [
    ...(made === undefined
      ? []
      : [{ name: "retraining_age" as const, labels: {}, value: (at - made.endedAt!) / 1000 }]),
    ...(last === undefined
      ? []
      : [{ name: "retraining_failed" as const, labels: {}, value: last.failure === null ? 0 : 1 }]),
  ];
}
