import type { Review } from "@esteira/core/entities/review";
import { keepPreviousData, type QueryClient, queryOptions } from "@tanstack/react-query";
import { reviewClient } from "../api/review-client.ts";
import type { ReviewsSearch } from "./search.ts";

/** Others work the same queue: what they do is seen after so long. */
const ASKED_EVERY_MS = 10_000;

/** Tells this window from others, of the same person too. */
export const HOLDER = [...crypto.getRandomValues(new Uint8Array(16))]
  .map((byte) => byte.toString(16).padStart(2, "0"))
  .join("");

export const reviewsQuery = (name: string, { state = "waiting", version, reason, from, order }: ReviewsSearch) =>
  queryOptions({
    queryKey: ["reviews", name, "list", { state, version, reason, from, order }],
    queryFn: ({ signal }) =>
      reviewClient.list(
        name,
        { state: state === "all" ? undefined : state, version, reason, minAmount: from, order },
        signal,
      ),
    refetchInterval: ASKED_EVERY_MS,
    placeholderData: keepPreviousData,
  });

export const reviewQuery = (name: string, decisionId: string) =>
  queryOptions({
    queryKey: ["reviews", name, "one", decisionId],
    queryFn: () => reviewClient.get(name, decisionId),
    refetchInterval: ASKED_EVERY_MS,
    // What was seen decides what may be written over: one that is opened again is asked for again.
    gcTime: 0,
  });

export const refreshReviews = (queries: QueryClient, name: string): Promise<void> =>
  queries.invalidateQueries({ queryKey: ["reviews", name] });

/** How a server without sign-in calls everybody. */
const ANONYMOUS = "anonymous";

/** Who looks at it in another window; `somebody` where that is not known. */
export function heldElsewhere({ held }: Pick<Review, "held">, somebody: string): string | undefined {
  if (held === undefined || held.holder === HOLDER) return undefined;
  return held.by === ANONYMOUS ? somebody : held.by;
}
