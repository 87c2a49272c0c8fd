import { useEffect } from "react";

/** The browser tab's title: what is looked at, then the product. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = title === "" ? "Esteira" : `${title} · Esteira`;
  }, [title]);
}
