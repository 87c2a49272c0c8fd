import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { reviewClient } from "../api/review-client.ts";
import { HOLDER, reviewQuery } from "./review-queries.ts";

/** Less than what the server gives, so that one who goes on looking keeps it. */
const RENEWED_EVERY_MS = 60_000;

/** Says that this window looks at an alert, while it does. Who looked first has it; the other is told. */
export function useHold(name: string, decisionId: string): void {
  const queries = useQueryClient();
  useEffect(() => {
    let isLeft = false;
    const hold = async () => {
      try {
        const review = await reviewClient.hold(name, decisionId, HOLDER);
        if (isLeft) return;
        queries.setQueryData(reviewQuery(name, decisionId).queryKey, (known) => known && { ...known, review });
      } catch {
        // It is a courtesy: whoever judges is told of another's judgement in any case.
      }
    };
    void hold();
    const timer = setInterval(() => void hold(), RENEWED_EVERY_MS);
    return () => {
      isLeft = true;
      clearInterval(timer);
    };
  }, [queries, name, decisionId]);
}
