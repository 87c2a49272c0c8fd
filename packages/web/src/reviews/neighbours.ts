import type { Review } from "@esteira/core/entities/review";

/**
 * The alert before or after one in a list: the nearest that `isFree`. Where the one is not in the list it is the list's first; undefined
 * where there is none that way.
 */
export function neighbour(
  reviews: readonly Pick<Review, "decisionId" | "held">[],
  decisionId: string | undefined,
  way: "next" | "previous",
  isFree: (review: Pick<Review, "held">) => boolean,
): string | undefined {
  const at = reviews.findIndex((one) => one.decisionId === decisionId);
  if (at === -1) return reviews.find(isFree)?.decisionId;
  return way === "next"
    ? reviews.slice(at + 1).find(isFree)?.decisionId
    : reviews.slice(0, at).findLast(isFree)?.decisionId;
}
