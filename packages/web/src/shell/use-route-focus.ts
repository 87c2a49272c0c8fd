import { useRouterState } from "@tanstack/react-router";
import { useEffect, useRef } from "react";

/** Another page begins at its beginning: the focus goes to it, so that keyboards and readers do not stay in what is gone. */
export function useRouteFocus(): void {
  const page = useRouterState({ select: ({ resolvedLocation }) => resolvedLocation?.pathname });
  const last = useRef<string>(undefined);
  useEffect(() => {
    const isFirst = last.current === undefined;
    if (page === undefined || page === last.current) return;
    last.current = page;
    if (!isFirst) document.getElementById("main")?.focus({ preventScroll: true });
  }, [page]);
}
