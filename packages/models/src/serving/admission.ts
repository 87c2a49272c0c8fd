/** Back-pressure: how many requests a server takes on at once. Those beyond are refused at once instead of waiting long. */

import { EsteiraError } from "@esteira/core/errors";

export interface Admission {
  /** Requests taken on and not yet answered. */
  readonly inFlight: number;
  /** Requests refused so far. */
  readonly refused: number;
  /** Takes one on; call what it gives, once, when it is over. Throws REQUEST_LIMIT_EXCEEDED (429) when there are enough. */
  enter(): () => void;
}

/** Seconds after which a refused caller may come back (`Retry-After`): rows take microseconds, so a queue is soon empty. */
export const RETRY_AFTER_SECONDS = 1;

export function createAdmission(limit: number): Admission {
  let inFlight = 0;
  let refused = 0;
  return {
    get inFlight() {
      return inFlight;
    },
    get refused() {
      return refused;
    },
    enter() {
      if (inFlight >= limit) {
        refused++;
        throw new EsteiraError(
          "REQUEST_LIMIT_EXCEEDED",
          `The server has ${limit} requests under way, as many as it takes: ask again in ${RETRY_AFTER_SECONDS} s`,
        );
      }
      inFlight++;
      let isOver = false;
      return () => {
        if (isOver) return;
        isOver = true;
        inFlight--;
      };
    },
  };
}
