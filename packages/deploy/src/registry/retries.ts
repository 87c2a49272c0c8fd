import { setTimeout as sleep } from "node:timers/promises";
import { type Answer, Broken } from "./http.ts";

export interface Retries {
  /** How often the same is tried, the first time too. */
  readonly tries: number;
  /** The first pause; each one after is twice as long. */
  readonly pauseMs: number;
  /** The longest pause, also when the other side asks for a longer one. */
  readonly longestMs: number;
}

export const RETRIES: Retries = { tries: 6, pauseMs: 250, longestMs: 30_000 };

/** A registry that is too busy, or ill for the moment. */
export const isPassing = (status: number): boolean =>
  status === 408 || status === 429 || (status >= 500 && status !== 501);

/** How long to wait before try `next` (2 for the second). Others wait too: so not all come back in the same moment. */
export function pauseBefore(next: number, { pauseMs, longestMs }: Retries, answer?: Answer): number {
  const asked = retryAfterMs(answer?.headers["retry-after"]);
  const own = pauseMs * 2 ** (next - 2) * (0.5 + Math.random() / 2);
  return Math.min(longestMs, Math.max(own, asked ?? 0));
}

/** `Retry-After` has seconds or a date. */
export function retryAfterMs(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d+$/.test(header.trim())) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now());
}

/** Sends until there is an answer that will not pass by itself, or tries have run out: the last answer, or the last `Broken`. */
export async function withRetries(
  retries: Retries,
  signal: AbortSignal | undefined,
  send: () => Promise<Answer>,
): Promise<Answer> {
  for (let next = 2; ; next++) {
    let answer: Answer | undefined;
    try {
      answer = await send();
      if (!isPassing(answer.status) || next > retries.tries) return answer;
      answer.drop();
    } catch (error) {
      if (!(error instanceof Broken) || next > retries.tries) throw error;
    }
    await sleep(pauseBefore(next, retries, answer), undefined, { signal });
  }
}
