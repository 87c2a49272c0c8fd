import type { RunId } from "@esteira/core/ids";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { followRun } from "../api/live-runs.ts";

/** Keeps a live run up to date while its page is looked at: a browser has few connections to give to pages in the background. */
export function useLiveRun(id: RunId, live: boolean): void {
  const cache = useQueryClient();
  useEffect(() => {
    if (!live) return;
    let leaving: AbortController | undefined;
    const follow = (): void => {
      leaving?.abort();
      leaving = undefined;
      if (document.hidden) return;
      leaving = new AbortController();
      void followRun(cache, id, leaving.signal);
    };
    follow();
    document.addEventListener("visibilitychange", follow);
    return () => {
      document.removeEventListener("visibilitychange", follow);
      leaving?.abort();
    };
  }, [cache, id, live]);
}
